package store

import "context"

// Backup writes a consistent copy while writes go on.
func (db *DB) Backup(ctx context.Context, path string) error { return internalf("backup comes next") }
