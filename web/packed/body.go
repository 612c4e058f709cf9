package packed

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// Body gives each read of a body its time, and all of them together a time that grows with what has come, so that a caller who sends
// a byte now and then does not hold a connection. The time that a handler takes between two reads is not the caller's. When the
// body has ended the deadline is lifted: net/http reads on in the background and would take it for the caller's going away. When it
// has failed the deadline stays, or net/http would wait for the rest.
type Body struct {
	io.ReadCloser
	Control *http.ResponseController
	Wall    func() time.Time
	Within  time.Duration // for the next bytes
	Late    error         // what a read gives that took longer

	got    int64         // bytes
	waited time.Duration // for them
}

// slowest is the rate in bytes a second below which a body, after its first Within, is given up.
const slowest = 4 << 10

// Read reads within the time that is left.
func (b *Body) Read(p []byte) (int, error) {
	began := b.Wall()
	left := b.Within + time.Duration(b.got/slowest)*time.Second - b.waited
	_ = b.Control.SetReadDeadline(began.Add(min(left, b.Within))) // not every connection knows deadlines
	n, err := b.ReadCloser.Read(p)
	b.got += int64(n)
	b.waited += b.Wall().Sub(began)
	switch {
	case err == io.EOF:
		_ = b.Control.SetReadDeadline(time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = b.Late
	}
	return n, err
}
