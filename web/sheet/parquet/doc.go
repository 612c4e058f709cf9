// Package parquet writes flat tables as Apache Parquet (列式文件), strictly and with the standard library alone: optional columns of
// five types, PLAIN or dictionary pages, gzip, a checksum on every page, bounded row groups that leave for the writer as they fill.
//
// The words of the format are those of github.com/apache/parquet-format 2.10 (README.md, Encodings.md, parquet.thrift); its
// metadata is Thrift's compact protocol. Left to others: nested columns, reading.
package parquet
