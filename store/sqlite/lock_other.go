//go:build !unix

package sqlite

import (
	"errors"
	"os"
)

var errLocked = errors.New("the lock is held")

// lock keeps the file open. Where there is no flock an open file cannot be removed (Windows), so removing it first tells
// whether another instance holds it.
func lock(path string) (unlock func() error, err error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errLocked
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return f.Close, nil
}
