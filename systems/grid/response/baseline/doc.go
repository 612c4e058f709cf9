// Package baseline says what a customer would have used without a demand response event (基线负荷): from similar days before it, and
// from the hours before it on its own day. It is arithmetic only: which days are similar and what was measured is handed in.
//
// Two methods, both of the X-of-Y kind that NAESB WEQ-015 calls Baseline Type-I, on interval meters:
//
//	high5of10: of the 10 last eligible days the 5 with the most energy in the event's window; their mean (as the NYISO's CBL)
//	mid4of6:   of the 6 last eligible days all but the one with the most and the one with the least; their mean
//
// The mean is then multiplied by the same-day adjustment: energy measured over the mean's, in the two hours that begin four hours before
// the event, bounded to 0.8 to 1.2. GB/T 32127-2015 and GB/T 37016-2018 ask for a baseline of similar days and leave the method to
// the programme; their printed clauses were not at hand.
package baseline
