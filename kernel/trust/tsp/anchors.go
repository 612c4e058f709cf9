package tsp

import (
	"os"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/kernel/trust/cert"
	"github.com/haihe-city/haihe/wire/x509"
)

// Anchors reads the certificates, PEM or DER, that time stamps are verified against.
func Anchors(pem []byte) (list []*x509.Certificate, err error) {
	for _, der := range cert.Unarmour(pem) {
		c, err := x509.Parse(der)
		if err != nil {
			return nil, errs.Because(err, errs.Invalid, "时间戳信任证书无法读取", "a certificate that time stamps are verified against cannot be read")
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, errs.Say(errs.Invalid, "时间戳信任证书文件为空", "the file of certificates that time stamps are verified against is empty")
	}
	return list, nil
}

// ReadAnchors reads them from a file that the settings or a flag name.
func ReadAnchors(file string) ([]*x509.Certificate, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, errs.Because(err, errs.Invalid, "时间戳信任证书文件 %s 读不了；请检查路径和权限", "the file %s of certificates that time stamps are verified against cannot be read; check its path and permissions", file)
	}
	return Anchors(b)
}
