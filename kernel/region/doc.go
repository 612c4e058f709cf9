// Package region is the city's districts (行政区划): codes, names and order, once for all rooms. Data only.
//
// Codes are those of GB/T 2260 with the names of today; the time of the plan knew 宁河, 静海 and 蓟 as counties.
package region
