package cli

import (
	"fmt"
	"io"
	"time"
)

// Shell is what a command sees of the machine.
type Shell struct {
	In       io.Reader
	Out, Err io.Writer
	Now      func() time.Time
}

// Printf writes a line for the user.
func (sh *Shell) Printf(format string, args ...any) { fmt.Fprintf(sh.Out, format+"\n", args...) }

// Say writes a line in both languages.
func (sh *Shell) Say(zh, en string, args ...any) {
	fmt.Fprintf(sh.Out, "%s / %s\n", fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...))
}
