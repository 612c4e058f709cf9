// Package record keeps what demand response knows (需求响应台账): programmes, participants, events, who was asked and what was settled, with their tables'
// rows and the bounds of what they may hold. What is done with them, and by whom, is systems/grid/response's.
package record
