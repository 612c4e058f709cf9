package cli

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/haihe-city/haihe/lang"
)

// Bar shows how far something is: one line that is redrawn on a terminal, a line every few seconds elsewhere.
type Bar struct {
	sh       *Shell
	what     lang.Text
	size     int64 // 0: not known
	terminal bool
	drawn    time.Time
	done     int64
}

// NewBar begins work of a size, in bytes; 0 where it is not known.
func NewBar(sh *Shell, what lang.Text, size int64) *Bar {
	f, ok := sh.Err.(*os.File)
	return &Bar{sh: sh, what: what, size: size, terminal: ok && term.IsTerminal(int(f.Fd())), drawn: sh.Now()}
}

// Set says how much is done.
func (b *Bar) Set(done int64) {
	b.done = done
	every := 5 * time.Second
	if b.terminal {
		every = 100 * time.Millisecond
	}
	if now := b.sh.Now(); now.Sub(b.drawn) >= every {
		b.drawn = now
		b.draw()
	}
}

// Next goes on to another part of the work.
func (b *Bar) Next(what lang.Text, size int64) { b.what, b.size, b.done = what, size, 0 }

func (b *Bar) draw() {
	if !b.terminal {
		if b.size > 0 {
			fmt.Fprintf(b.sh.Err, "%s / %s %d %%\n", b.what.Zh, b.what.En, 100*b.done/b.size)
		} else {
			fmt.Fprintf(b.sh.Err, "%s / %s %d\n", b.what.Zh, b.what.En, b.done)
		}
		return
	}
	if b.size <= 0 {
		fmt.Fprintf(b.sh.Err, "\r\x1b[K%s / %s %d", b.what.Zh, b.what.En, b.done)
		return
	}
	const width = 30
	full := int(min(width, width*b.done/b.size))
	fmt.Fprintf(b.sh.Err, "\r\x1b[K%s / %s [%s%s] %3d %%  %.1f / %.1f MiB", b.what.Zh, b.what.En, strings.Repeat("=", full), strings.Repeat(" ", width-full),
		100*b.done/b.size, float64(b.done)/(1<<20), float64(b.size)/(1<<20))
}

// Clear takes the bar away so that a line can be printed.
func (b *Bar) Clear() {
	if b.terminal {
		fmt.Fprint(b.sh.Err, "\r\x1b[K")
	}
}

// End draws the bar for the last time.
func (b *Bar) End() {
	if b.terminal {
		b.draw()
		fmt.Fprintln(b.sh.Err)
	}
}
