// Package grid (采集规模基准测试) measures the collection of the city's meters at its real size: one quarter hour of all of them, from
// concentrators that speak DL/T 698.45 over TCP, into the running program, which is killed in the middle.
//
//	go test ./bench/grid -run '^$' -bench Slot                       200,000 meters, about two minutes
//	go test ./bench/grid -run '^$' -bench Slot -meters 5600000 -timeout 2h
//	go test ./bench/grid -run '^$' -bench Slot -archive FILE         only writes the archive that the program is given
//	go test ./bench/grid -run '^$' -bench Kept                       a month of readings: bytes a value, newest value, one meter's month
//
// -data names a data folder of the demonstration into which that archive was imported already; importing millions takes minutes.
// HAIHE_BINARY names a program that is built already. -beside=false leaves the others out.
//
// The program is a process of its own (`haihe demo --no-simulate`: it is served with ready-made accounts), killed with SIGKILL when half of the readings are acknowledged, and started again; the
// concentrators, which run in the benchmark's process, connect again and go on with what was not acknowledged. The benchmark
// judges what it measures: the slots that came are counted exactly, the load of every district must be that of each meter counted
// once, to the last digit, and meters drawn by lot must show the register that they sent. Anything else fails.
//
// The same readings are then given to PostgreSQL (plain rows with a primary key, COPY of 5,000 at a time, its own settings) and to
// VictoriaMetrics where it is installed (lines over HTTP, 5,000 at a time; it answers before data is on disk). Neither has frames to
// decode nor meters to know. The results that were kept lie in docs/results/grid.md; nothing is asserted about speed.
package grid
