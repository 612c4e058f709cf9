package main

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/haihe-city/haihe/cmd/haihe/cli"
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/host"
	"github.com/haihe-city/haihe/kernel/trust"
	"github.com/haihe-city/haihe/kernel/trust/token"
)

// openSeal reads the seal file, or makes it where there is none: 32 random bytes, readable by the program's account alone. A new file is
// written beside its place, flushed and linked there, so that neither a crash nor another process at the same moment leaves half a seal
// or two.
func openSeal(conf host.Settings) ([]byte, error) {
	path := conf.Trust.SealFile
	if path == "" {
		path = filepath.Join(conf.Store.Data, "seal.key")
	}
	seal, err := readSeal(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return seal, err
	}
	if err := makeSeal(path); err != nil {
		return nil, cli.WithCode(cli.ExitData, errs.Because(err, errs.Unavailable, "密钥保护文件 %s 建不了；请检查目录和权限", "the seal file %s cannot be made; check its folder and permissions", path))
	}
	return readSeal(path)
}

func readSeal(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, cli.WithCode(cli.ExitData, errs.Say(errs.Invalid, "密钥保护文件 %[1]s 他人可读（权限 %[2]o）；请执行 chmod 600 %[1]s", "others may read the seal file %[1]s (mode %[2]o); run chmod 600 %[1]s", path, info.Mode().Perm()))
	}
	seal, err := os.ReadFile(path)
	if err != nil {
		return nil, cli.WithCode(cli.ExitData, errs.Because(err, errs.Unavailable, "密钥保护文件 %s 读不了；请检查权限", "the seal file %s cannot be read; check its permissions", path))
	}
	if len(seal) != trust.SealSize {
		return nil, cli.WithCode(cli.ExitData, errs.Say(errs.Invalid, "密钥保护文件 %s 应为 %d 字节，实为 %d 字节", "the seal file %s has to have %d bytes, and has %d", path, trust.SealSize, len(seal)))
	}
	return seal, nil
}

func makeSeal(path string) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".seal-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	seal := make([]byte, trust.SealSize)
	rand.Read(seal) // never fails: the program ends first
	_, err = f.Write(seal)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// openToken connects the device that the configuration names; nil where it names none.
func openToken(conf host.Settings) (trust.Token, error) {
	if conf.Trust.Module == "" {
		return nil, nil
	}
	path := conf.Trust.PINFile
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return nil, cli.WithCode(cli.ExitUsage, errs.Say(errs.Invalid, "设备口令文件 %[1]s 他人可读；请执行 chmod 600 %[1]s", "others may read the PIN file %[1]s; run chmod 600 %[1]s", path))
	}
	pin, err := os.ReadFile(path)
	if err != nil {
		return nil, cli.WithCode(cli.ExitUsage, errs.Because(err, errs.Invalid, "设备口令文件 %s 读不了", "the PIN file %s cannot be read", path))
	}
	t, err := token.Open(token.Options{Module: conf.Trust.Module, Label: conf.Trust.Token, PIN: strings.TrimRight(string(pin), "\r\n")})
	return t, cli.WithCode(cli.ExitUsage, err)
}
