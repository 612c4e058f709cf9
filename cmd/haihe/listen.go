package main

import (
	"errors"
	"net"
	"os"
	"syscall"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
)

// listen opens the address that people and programs come to.
func listen(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, cli.WithCode(cli.ExitPort, errs.Because(err, errs.Unavailable, "地址 %s 已被占用；请停止占用它的程序，或用 --listen 另指定（端口 0 为任选空闲端口）",
			"the address %s is in use; stop the program that holds it, or name another one with --listen (port 0 takes any free one)", addr))
	case errors.Is(err, os.ErrPermission):
		return nil, cli.WithCode(cli.ExitPort, errs.Because(err, errs.Unavailable, "无权监听 %s；请用 --listen 指定 1024 以上的端口",
			"no right to listen on %s; name a port above 1024 with --listen", addr))
	}
	return nil, cli.WithCode(cli.ExitPort, errs.Because(err, errs.Unavailable, "无法监听 %s；请用 --listen 指定本机地址，如 127.0.0.1:8080",
		"cannot listen on %s; name an address of this machine with --listen, such as 127.0.0.1:8080", addr))
}
