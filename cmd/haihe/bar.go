package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/haihe-city/haihe/lang"
)

// bar shows how far something is: one line that is redrawn on a terminal, a line every few seconds elsewhere.
type bar struct {
	sh       *shell
	what     lang.Text
	size     int64 // 0: not known
	terminal bool
	drawn    time.Time
	done     int64
}

func newBar(sh *shell, what lang.Text, size int64) *bar {
	f, ok := sh.err.(*os.File)
	return &bar{sh: sh, what: what, size: size, terminal: ok && term.IsTerminal(int(f.Fd())), drawn: sh.now()}
}

// set says how much is done.
func (b *bar) set(done int64) {
	b.done = done
	every := 5 * time.Second
	if b.terminal {
		every = 100 * time.Millisecond
	}
	if now := b.sh.now(); now.Sub(b.drawn) >= every {
		b.drawn = now
		b.draw()
	}
}

// next goes on to another part of the work.
func (b *bar) next(what lang.Text, size int64) { b.what, b.size, b.done = what, size, 0 }

func (b *bar) draw() {
	if !b.terminal {
		if b.size > 0 {
			fmt.Fprintf(b.sh.err, "%s / %s %d %%\n", b.what.Zh, b.what.En, 100*b.done/b.size)
		} else {
			fmt.Fprintf(b.sh.err, "%s / %s %d\n", b.what.Zh, b.what.En, b.done)
		}
		return
	}
	if b.size <= 0 {
		fmt.Fprintf(b.sh.err, "\r\x1b[K%s / %s %d", b.what.Zh, b.what.En, b.done)
		return
	}
	const width = 30
	full := int(min(width, width*b.done/b.size))
	fmt.Fprintf(b.sh.err, "\r\x1b[K%s / %s [%s%s] %3d %%  %.1f / %.1f MiB", b.what.Zh, b.what.En, strings.Repeat("=", full), strings.Repeat(" ", width-full),
		100*b.done/b.size, float64(b.done)/(1<<20), float64(b.size)/(1<<20))
}

// clear takes the bar away so that a line can be printed.
func (b *bar) clear() {
	if b.terminal {
		fmt.Fprint(b.sh.err, "\r\x1b[K")
	}
}

// end draws the bar for the last time.
func (b *bar) end() {
	if b.terminal {
		b.draw()
		fmt.Fprintln(b.sh.err)
	}
}
