// Package safety (安全监测基准测试) holds the monitoring of work safety to data with known truth.
//
//	go test ./bench/safety -v -run Tennessee           21 faults of the Tennessee Eastman process, learnt from d00 alone
//	go test ./bench/safety -v -run SKAB                the pump rig's runs in ../shared/data/safety/skab
//	go test ./bench/safety -v -run SKAB -skab DIR      any other folder of such files, *.csv in it or one level below it
//
// The first two run the program's own model with its one default configuration, systems/safety/early/model, print a line for each fault or
// file, and fail below their bar: 15 of 21 faults with less than 1 % false alarms; F1 0.66 over all rows of all files. They are skipped where the data are absent.
//
//	go test ./bench/safety -run '^$' -bench Plants -minutes 30 -timeout 1h    4,052 plants with 30 points each, every ten seconds, against the running program
//
// The last one starts the program as a process of its own (HAIHE_BINARY names one that is built already), imports the register and lets the plants speak from this one. Its clocks
// run from the moment before a frame with a crossing is written to the alarm on the interface's stream, and from there to an open page that was told and has asked for itself again. Afterwards the program is stopped, and
// every reading in its series is compared with what was sent and acknowledged. It fails where one is missing, wrong or there twice, and above its bars of one and two seconds. -plants takes fewer.
//
// By the public leaderboard's way a SKAB model is learnt anew from the first 400 rows of each file, whatever their marks, and F1, false alarm rate and missed
// alarm rate are counted over all rows of all files together, the first 400 included. A file has semicolons, a column datetime (ignored), readings under any names, and the columns
// anomaly (truth) and changepoint (ignored).
package safety
