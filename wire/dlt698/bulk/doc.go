// Package bulk reads the report that concentrators of DL/T 698.45-2017 send most, a frozen curve of many meters, straight from its
// bytes into rows: no value of its own for each cell, nothing allocated but the rows.
//
// It is a shorter way for what is common and no second judge. Whatever is not exactly of that shape, a wrong byte included, it leaves
// alone, and the reader leaves it to [dlt698.ParseAPDU] and [dlt698.Curves], which take it or refuse it with the clause. Where Report
// takes a message, those give the same rows; a test and a fuzz target hold it to that.
package bulk
