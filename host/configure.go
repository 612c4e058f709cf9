package host

import (
	"io"

	"github.com/haihe-city/haihe/host/config"
	"github.com/haihe-city/haihe/lang"
)

// sections lists the program's own sections and then one a system, in the order of the list.
func sections(s *Settings, systems []System) []config.Section {
	out := []config.Section{
		{Name: "server", Title: lang.T("服务", "server"), Into: &s.Server},
		{Name: "store", Title: lang.T("存储", "store"), Into: &s.Store},
		{Name: "clock", Title: lang.T("方案时间", "the plan's clock"), Into: &s.Clock},
		{Name: "notice", Title: lang.T("通知", "notices"), Into: &s.Notice},
		{Name: "channel", Title: lang.T("通知通道", "ways of notices"), Into: &s.Channel},
		{Name: "trust", Title: lang.T("密钥", "keys"), Into: &s.Trust},
	}
	for _, sys := range systems {
		if sys.Config != nil {
			out = append(out, config.Section{Name: sys.Name, Title: sys.Title, Into: sys.Config})
		}
	}
	return out
}

// ReadConfig fills the settings and every system's Config from a TOML text; file names it in messages. What the text leaves
// out keeps its default; what nobody knows, or what is out of bounds, is errs.Invalid with its line.
func ReadConfig(file, text string, s *Settings, systems []System) error {
	return config.Read(file, text, sections(s, systems))
}

// CheckConfig checks values that did not come from a file.
func CheckConfig(s *Settings, systems []System) error {
	return config.Check("", "", sections(s, systems))
}

// Sample prints the configuration file with every key, its documentation and its default, as it would work unchanged.
func Sample(w io.Writer, systems []System) error {
	s := Defaults()
	return config.Sample(w, sections(&s, systems))
}
