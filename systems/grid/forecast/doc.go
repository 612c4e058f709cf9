// Package forecast says what each district will draw tomorrow, quarter hour by quarter hour (日前负荷预测), holds each forecast against what
// was, and points out peaks above the limits that people set.
//
// Its data: grid_forecast_day, a row a district and day with the forecast and the load that came; grid_forecast_limit. The forecast of
// a day is made anew every hour of the day before, and stands from midnight on; its error is counted when the day is over, beside that
// of "the same day last week". The rule is package model's.
//
// The load is the sum of the powers that have come, as systems/grid/ledger gives it: where meters are silent it is too low by theirs.
package forecast
