//go:build !pkcs11

package token

import (
	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust"
)

// Options name the device.
type Options struct {
	Module string // path of the maker's library
	Label  string // of the token
	PIN    string
}

// Open says that this program was built without it.
func Open(Options) (trust.Token, error) {
	return nil, errs.Say(errs.Unavailable, "本程序编译时未包含 PKCS#11 支持（编译标签 pkcs11），不能连接密码设备", "this program was built without PKCS#11 (build tag pkcs11) and cannot connect a token")
}
