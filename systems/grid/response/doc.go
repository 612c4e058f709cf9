// Package response is the city's demand response (需求响应): programmes, the enterprises and aggregators that take part with their meters, the
// events that ask them to use less, who was told and who answered, what was measured against a baseline, and what is paid for it.
//
// An event is drafted by one person, approved by another, and then told; it runs and ends by the clock; a person settles it, and settles it again
// with a reason where somebody objects: every settlement is kept, the newest holds. What was used comes from the differences of the meters'
// registers by quarter hour; what would have been used is package baseline's, who is asked and what is paid package rule's, and the peaks
// that give the reason package peak's.
//
// Data: grid_response_programme, _participant, _meter (a meter belongs to one participant), _account (who answers for a participant), _event,
// _call (a participant in an event: told, seen, answered), _result and _report (what clients of the OpenADR interface posted).
package response
