package cli

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

// Command is one sub-command.
type Command struct {
	Name    string
	Args    string // what stands after the name
	Says    lang.Text
	Run     func(ctx context.Context, sh *Shell, args []string) error
	Details lang.Text // longer help; empty where Says is enough
}

// Flags are a command's flags; doc is bilingual, "中文 / English".
type Flags struct {
	*flag.FlagSet
	of Command
}

// NewFlags are the flags of a command, none declared yet.
func NewFlags(c Command) *Flags {
	f := &Flags{flag.NewFlagSet(c.Name, flag.ContinueOnError), c}
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	return f
}

// Parse reads the flags, which may stand before and after other words, and gives the other words.
func (f *Flags) Parse(sh *Shell, args []string) (words []string, err error) {
	for {
		err := f.FlagSet.Parse(args)
		switch {
		case err == flag.ErrHelp:
			f.print(sh.Out)
			return nil, ErrHelp
		case err != nil:
			return nil, WithCode(ExitUsage, errs.Because(err, errs.Invalid, "参数有误（%s）；用法见 haihe help %s", "wrong flags (%s); see haihe help %s", err.Error(), f.of.Name))
		}
		rest := f.Args()
		if len(rest) == 0 {
			return words, nil
		}
		words, args = append(words, rest[0]), rest[1:]
	}
}

// None refuses words where a command takes none.
func (f *Flags) None(sh *Shell, args []string) error {
	words, err := f.Parse(sh, args)
	if err == nil && len(words) > 0 {
		return Usage("不需要参数“%s”；用法见 haihe help %s", "there is no use for %q; see haihe help %s", words[0], f.of.Name)
	}
	return err
}

func (f *Flags) print(w io.Writer) {
	fmt.Fprintf(w, "haihe %s %s\n%s / %s\n", f.of.Name, f.of.Args, f.of.Says.Zh, f.of.Says.En)
	if !f.of.Details.Empty() {
		fmt.Fprintf(w, "\n%s\n%s\n", f.of.Details.Zh, f.of.Details.En)
	}
	fmt.Fprintln(w)
	f.VisitAll(func(fl *flag.Flag) {
		def := ""
		if fl.DefValue != "" && fl.DefValue != "false" {
			def = " [" + fl.DefValue + "]"
		}
		fmt.Fprintf(w, "  --%-12s %s%s\n", fl.Name, fl.Usage, def)
	})
}
