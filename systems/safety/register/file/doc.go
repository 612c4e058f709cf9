// Package file (台账文件) reads the register of plants from CSV and writes it again: plants, hazard units, substances, points, one kind a file. A
// file with a wrong line changes nothing; what it does not name stays as it is. The columns stand in docs/guide-developers.md.
package file
