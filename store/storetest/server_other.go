//go:build !unix

package storetest

import "syscall"

// asServer has nothing to say where there is no root.
func asServer(string) (*syscall.SysProcAttr, error) { return &syscall.SysProcAttr{}, nil }
