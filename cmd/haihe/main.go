package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/haihe-city/haihe/cmd/haihe/ca"
	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/cmd/haihe/exchange"
	"github.com/haihe-city/haihe/cmd/haihe/verify"
)

// version is set by the release build: go build -ldflags "-X main.version=1.0.0".
var version = "0.1-dev"

// commands is the list, in the order in which help prints it.
func commands() []cli.Command {
	return []cli.Command{
		demoCommand(), serveCommand(), configCommand(), importCommand(), simulateCommand(), journalCommand(), verify.Command(),
		backupCommand(), restoreCommand(), userCommand(), certCommand(), ca.Command(), nodeCommand(), exchange.Command(), versionCommand(), helpCommand(),
	}
}

func main() {
	// With one processor the group commit waits for the scheduler instead of the disk and loses nine tenths of its rate.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	sh := &cli.Shell{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now}
	os.Exit(program(interrupted(), sh, os.Args[1:]))
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
		os.Exit(cli.ExitOther)
	}()
	return ctx
}

// program runs one command and gives the exit code.
func program(ctx context.Context, sh *cli.Shell, args []string) int {
	if len(args) == 0 {
		printHelp(sh.Err)
		return cli.ExitUsage
	}
	switch args[0] {
	case "-h", "--help", "-help":
		args[0] = "help"
	case "-v", "--version", "-version":
		args[0] = "version"
	}
	for _, c := range commands() {
		if c.Name != args[0] {
			continue
		}
		err := c.Run(ctx, sh, args[1:])
		if errors.Is(err, cli.ErrHelp) {
			return cli.ExitDone
		}
		return sh.Report(err)
	}
	return sh.Report(cli.Usage("没有子命令“%s”，可用的见 haihe help", "there is no command %q, see haihe help", args[0]))
}
