// Package sqlite is what is different about SQLite (嵌入式数据库), the engine inside the program: one file, one writer.
//
// The database lies at the path given, with -wal and -shm files beside it while it is open, and a .lock file that keeps a
// second instance away. WAL with synchronous=FULL: a commit is flushed before it is answered. Tables are made STRICT, so a
// column takes only values of its type, as in PostgreSQL.
package sqlite
