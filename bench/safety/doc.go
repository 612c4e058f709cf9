// Package safety (安全监测基准测试) holds the monitoring of work safety to data with known truth.
//
//	go test ./bench/safety -v -run Tennessee           21 faults of the Tennessee Eastman process, learnt from d00 alone
//	go test ./bench/safety -v -run SKAB                the pump rig's runs in ../shared/data/safety/skab
//	go test ./bench/safety -v -run SKAB -skab DIR      any other folder of such files, *.csv in it or one level below it
//
// Both run the program's own model with its one default configuration, systems/safety/early/model, print a line for each fault or
// file, and fail below their bar: 15 of 21 faults with less than 1 % false alarms; F1 0.66 over all rows of all files. They are skipped where the data are absent.
//
// By the public leaderboard's way a SKAB model is learnt anew from the first 400 rows of each file, whatever their marks, and F1, false alarm rate and missed
// alarm rate are counted over all rows of all files together, the first 400 included. A file has semicolons, a column datetime (ignored), readings under any names, and the columns
// anomaly (truth) and changepoint (ignored).
package safety
