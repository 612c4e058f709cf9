package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/haihe-city/haihe/errs"
)

// The exit codes; doc.go says what each means.
const (
	exitDone   = 0
	exitOther  = 1
	exitUsage  = 2
	exitPort   = 3
	exitData   = 4
	exitVerify = 5
)

// errHelp ends a command that was only asked how it is used.
var errHelp = errors.New("help was asked for")

// coded is a failure with its exit code.
type coded struct {
	code int
	err  error
}

func (c *coded) Error() string { return c.err.Error() }
func (c *coded) Unwrap() error { return c.err }

func withCode(code int, err error) error {
	var already *coded
	if err == nil || errors.As(err, &already) {
		return err
	}
	return &coded{code, err}
}

// usage is a wrong command line.
func usage(zh, en string, args ...any) error {
	return &coded{exitUsage, errs.Say(errs.Invalid, zh, en, args...)}
}

// report prints a failure as one sentence in both languages and gives the exit code.
func (sh *shell) report(err error) int {
	if err == nil {
		return exitDone
	}
	code := exitOther
	var c *coded
	if errors.As(err, &c) {
		code = c.code
	} else if errs.Is(err, errs.Invalid) {
		code = exitUsage
	}
	if msg, ok := errs.MsgOf(err); ok {
		fmt.Fprintf(sh.err, "haihe: %s / %s\n", msg.Zh, msg.En)
	} else {
		fmt.Fprintf(sh.err, "haihe: 程序出错 / the program failed: %v\n", err)
	}
	return code
}

// listen opens the address that people and programs come to.
func listen(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, withCode(exitPort, errs.Because(err, errs.Unavailable, "地址 %s 已被占用；请停止占用它的程序，或用 --listen 另指定（端口 0 为任选空闲端口）",
			"the address %s is in use; stop the program that holds it, or name another one with --listen (port 0 takes any free one)", addr))
	case errors.Is(err, os.ErrPermission):
		return nil, withCode(exitPort, errs.Because(err, errs.Unavailable, "无权监听 %s；请用 --listen 指定 1024 以上的端口",
			"no right to listen on %s; name a port above 1024 with --listen", addr))
	}
	return nil, withCode(exitPort, errs.Because(err, errs.Unavailable, "无法监听 %s；请用 --listen 指定本机地址，如 127.0.0.1:8080",
		"cannot listen on %s; name an address of this machine with --listen, such as 127.0.0.1:8080", addr))
}
