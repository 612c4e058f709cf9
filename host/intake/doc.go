// Package intake (导入) takes files in for the systems: what a system declares (Kind), what it is handed (Run) and what it answers (Result), the
// desk that keeps an upload on disk before anything is read, lets one file of a system in at a time, and tells as it goes (NDJSON) or on
// a page what became of each line.
package intake
