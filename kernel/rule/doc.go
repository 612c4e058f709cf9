// Package rule (规则) watches readings and entities as they arrive: limits, rates of change, stuck values, bad quality, silence and
// combinations written in CEL. A rule is versioned and is tried on yesterday's data before it goes live.
//
// A [Watch] is the set of points of one system with what is known of each: newest value, its time and quality, and the conditions that
// stand. [Watch.Evaluate] takes readings in the order of their arrival and gives the [Transition]s: a condition came, a
// condition went. Who commits the readings commits the transitions with them, in one transaction (kernel/rule/intake), so an
// acknowledged reading never lacks its alarm. Alarms and cases are the work of kernel/casework; this package raises nothing by itself.
package rule
