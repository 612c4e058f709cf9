package mask

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestValue(t *testing.T) {
	for _, c := range []struct {
		class Class
		in    any
		want  any
	}{
		{None, "张三", "张三"},
		{Name, "张三", "张**"},
		{Name, "欧阳娜娜", "欧**"},
		{Name, "张", "**"},
		{Name, "", "**"},
		{IDNumber, "120101198001011234", "12**************34"},
		{IDNumber, "12010119800101123X", "12**************3X"},
		{IDNumber, "G1234", "****"},
		{IDNumber, 120101198001011234.0, "****"},
		{Telephone, "13812345678", "138****5678"},
		{Telephone, "022-23456789", "**********89"},
		{Telephone, "110", "****"},
		{Address, "天津市和平区南京路1号", "天津市和平区****"},
		{Address, "蓟县渔阳镇", "****"},
		{Address, "天津蓟县渔阳镇", "天津蓟县****"},
		{Address, "1 Nanjing Road", "****"},
		{Address, "某某大街一百二十三号附近的那个小区", "****"},
		{Birthday, "1980-01-02", "1980-**-**"},
		{Birthday, "80/1/2", "****"},
		{Account, "person:01H", "****"},
		{Sensitive, true, "****"},
		{Sensitive, nil, nil},
		{Class("new"), "x", "****"},
	} {
		if got := Value(c.class, c.in); got != c.want {
			t.Errorf("%s of %v: got %v, want %v", c.class, c.in, got, c.want)
		}
	}
}

// FuzzValue: a mask never shows more characters of a value than its rule says, and never breaks a text.
func FuzzValue(f *testing.F) {
	f.Add("张三丰")
	f.Add("120101198001011234")
	f.Add("天津市和平区南京路1号")
	shows := map[Class]int{IDNumber: 4, Telephone: 7, Name: 1, Birthday: 4, Account: 0, Sensitive: 0}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range Classes {
			got, ok := Value(c, s).(string)
			if !ok || !utf8.ValidString(got) {
				t.Fatalf("%s of %q: %v", c, s, got)
			}
			most, bounded := shows[c]
			if open := utf8.RuneCountInString(strings.NewReplacer("*", "", "-", "").Replace(got)); bounded && open > most {
				t.Errorf("%s of %q shows %d characters: %q", c, s, open, got)
			}
		}
	})
}
