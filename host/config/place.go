package config

import (
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/haihe-city/haihe/lang"
)

// where is a place of the configuration in words.
type where = lang.Text

// place finds the line on which a key stands. The decoder does not keep the lines of keys, so the text is looked through:
// tables in brackets and plain keys are found, which is how the sample writes them; a key in another form is named
// without its line.
func place(file, text string, key toml.Key) where {
	if file == "" {
		return lang.T("设置", "settings")
	}
	table, best := "", 0
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			table = strings.Trim(strings.SplitN(line, "#", 2)[0], "[] \t\r")
			if table == key.String() {
				best = i + 1
			}
			continue
		}
		name, _, ok := strings.Cut(line, "=")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		full := strings.Trim(strings.TrimSpace(name), `"'`)
		if table != "" {
			full = table + "." + full
		}
		if full == key.String() {
			return placeLine(file, i+1)
		}
	}
	if best > 0 {
		return placeLine(file, best)
	}
	return lang.T("配置文件 "+file, file)
}

func placeLine(file string, line int) where {
	return lang.T(fmt.Sprintf("配置文件 %s 第 %d 行", file, line), fmt.Sprintf("%s line %d", file, line))
}

// nearest finds the known name that name was probably meant to be: at most two changed letters, or three in a long word.
func nearest(name string, known []string) string {
	best, at := "", 3
	if len(name) > 8 {
		at = 4
	}
	for _, k := range known {
		if d := distance(strings.ToLower(name), strings.ToLower(k)); d < at {
			best, at = k, d
		}
	}
	return best
}

// distance is the number of letters to add, drop or change (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost++
			}
			diag = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
