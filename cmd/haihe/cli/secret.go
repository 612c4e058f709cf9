package cli

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/haihe-city/haihe/errs"
	"github.com/haihe-city/haihe/lang"
)

// Secret asks for a passphrase on the terminal, without echo. Where the standard input is no terminal it is read from nowhere: file names
// the flag that is to be used then.
func (sh *Shell) Secret(what lang.Text, file string) (string, error) {
	f, ok := sh.In.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return "", Usage("标准输入不是终端；请用 %s 给出口令文件", "the standard input is no terminal; name a file with %s", file)
	}
	fmt.Fprintf(sh.Err, "%s / %s: ", what.Zh, what.En)
	b, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(sh.Err)
	if err != nil {
		return "", WithCode(ExitOther, errs.Because(err, errs.Unavailable, "口令读不到", "the passphrase cannot be read"))
	}
	defer clear(b)
	return string(b), nil
}

// SecretFile reads a passphrase from a file that its owner alone may read: all of it but the end of the last line.
func SecretFile(name string) (string, error) {
	info, err := os.Stat(name)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return "", WithCode(ExitUsage, errs.Say(errs.Invalid, "口令文件 %[1]s 他人可读；请执行 chmod 600 %[1]s", "others may read the passphrase file %[1]s; run chmod 600 %[1]s", name))
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return "", WithCode(ExitUsage, errs.Because(err, errs.Invalid, "口令文件 %s 读不了；请检查路径和权限", "the passphrase file %s cannot be read; check its path and permissions", name))
	}
	defer clear(b)
	return strings.TrimRight(string(b), "\r\n"), nil
}
