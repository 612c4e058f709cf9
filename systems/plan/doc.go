// Package plan is the plan governance system (行动方案督办): it shows how every target of the action plan stands, who is
// responsible, what is late, and opens every figure down to what it was counted from.
//
// It answers section 1.3 (goals) and section 4 (leadership and duties) of the plan. It measures nothing itself: figures come
// from the systems by way of kernel/indicator, or from officers who submit them with evidence and a second person's
// approval. It owns no entity types and no tables; the figures lie in indicator_figure and indicator_report.
//
// Standards: SDMX-JSON 2.0.0 data messages (the shape is described in sdmx.go), RFC 4180 (CSV), RFC 5545 (iCalendar).
//
// It leaves to others: the rule by which a target is judged (kernel/indicator/state.go), how pages look (web/ui), special
// funds and the returns of enterprises (system enterprises), and the cases that follow from a late target.
package plan
