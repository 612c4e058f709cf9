package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/haihe-city/haihe/lang"
)

// version is set by the release build: go build -ldflags "-X main.version=1.0.0".
var version = "0.1-dev"

// shell is what a command sees of the machine.
type shell struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
}

// command is one sub-command.
type command struct {
	name    string
	args    string // what stands after the name
	says    lang.Text
	run     func(ctx context.Context, sh *shell, args []string) error
	details lang.Text
}

// commands is the list, in the order in which help prints it.
func commands() []command {
	return []command{
		demoCommand(), serveCommand(), configCommand(), importCommand(), simulateCommand(), journalCommand(), verifyCommand(),
		backupCommand(), restoreCommand(), userCommand(), certCommand(), nodeCommand(), exchangeCommand(), versionCommand(), helpCommand(),
	}
}

func main() {
	// With one processor the group commit waits for the scheduler instead of the disk and loses nine tenths of its rate.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	sh := &shell{in: os.Stdin, out: os.Stdout, err: os.Stderr, now: time.Now}
	os.Exit(sh.main(interrupted(), os.Args[1:]))
}

// interrupted is a context that the first SIGTERM or SIGINT ends; the second ends the process at once.
func interrupted() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-signals
		cancel()
		<-signals
		os.Exit(exitOther)
	}()
	return ctx
}

// main runs one command and gives the exit code.
func (sh *shell) main(ctx context.Context, args []string) int {
	if len(args) == 0 {
		printHelp(sh.err)
		return exitUsage
	}
	switch args[0] {
	case "-h", "--help", "-help":
		args[0] = "help"
	case "-v", "--version", "-version":
		args[0] = "version"
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, sh, args[1:])
		if errors.Is(err, errHelp) {
			return exitDone
		}
		return sh.report(err)
	}
	return sh.report(usage("没有子命令“%s”，可用的见 haihe help", "there is no command %q, see haihe help", args[0]))
}

// printf writes a line for the user.
func (sh *shell) printf(format string, args ...any) { fmt.Fprintf(sh.out, format+"\n", args...) }

// say writes a line in both languages.
func (sh *shell) say(zh, en string, args ...any) {
	fmt.Fprintf(sh.out, "%s / %s\n", fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...))
}
