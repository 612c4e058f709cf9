// Package event reads and writes the power events of DL/T 698.45-2017 (电能表掉电事件、停上电上报): which meter lost supply, when, and when it
// had it again, as a concentrator reports them in records of object 3011.
//
// It works on the records that package dlt698 takes from frames, and is values only. What is malformed is refused row by row with
// the typed error of that package. The clause numbers are those of the 2017 edition as its secondary literature gives them.
package event
