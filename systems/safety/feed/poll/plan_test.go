package poll

import (
	"testing"
	"time"

	"github.com/haihe-city/haihe/systems/safety/register"
)

func TestPlan(t *testing.T) {
	var points []register.Point
	for _, f := range []string{"4:100:float32", "4:104:int16", "4:102:float32", "4:300:int16", "3:100:int16", "2:5:bit", "2:9:bit", "w01", "4:222:float32", "4:224:int16", "4:113:int16"} {
		points = append(points, register.Point{Factor: f})
	}
	blocks, bad := plan(points)
	if len(bad) != 1 || bad[0] != "w01" {
		t.Errorf("no places: %q", bad)
	}
	got := map[[3]int]int{}
	for _, b := range blocks {
		got[[3]int{int(b.request.Function), int(b.request.Address), int(b.request.Quantity)}] = len(b.points)
		if _, err := b.request.Append(nil); err != nil {
			t.Errorf("%+v: %v", b.request, err)
		}
		for _, p := range b.points {
			if p.field.Address < b.request.Address || int(p.field.Address)+p.field.Kind.Registers() > int(b.request.Address)+int(b.request.Quantity) {
				t.Errorf("%+v lies outside of %+v", p, b.request)
			}
		}
	}
	for want, n := range map[[3]int]int{{2, 5, 5}: 2, {3, 100, 1}: 1, {4, 100, 14}: 4, {4, 222, 3}: 2, {4, 300, 1}: 1} {
		if got[want] != n {
			t.Errorf("block %v has %d points, want %d; all: %v", want, got[want], n, got)
		}
	}
	var many []register.Point
	for i := range 300 {
		many = append(many, register.Point{Factor: "4:" + itoa(i) + ":int16"})
	}
	if blocks, _ := plan(many); len(blocks) != 3 {
		t.Errorf("300 registers are read by %d requests, want 3", len(blocks))
	}
}

func itoa(i int) string {
	return string([]byte{byte('0' + i/100), byte('0' + i/10%10), byte('0' + i%10)})
}

func TestEndpoint(t *testing.T) {
	for s, unit := range map[string]uint8{"10.0.0.1:502": 1, "10.0.0.1:502/0": 0, "[::1]:502/255": 255} {
		if _, u, err := endpoint(s); err != nil || u != unit {
			t.Errorf("%s: %d, %v", s, u, err)
		}
	}
	for _, bad := range []string{"", "10.0.0.1", "10.0.0.1:502/256", "10.0.0.1:502/x"} {
		if _, _, err := endpoint(bad); err == nil {
			t.Errorf("%q is an endpoint", bad)
		}
	}
	o := &Options{Every: 10 * time.Second}
	if e := o.interval([]register.Point{{Every: time.Minute}, {Every: 5 * time.Second}, {}}); e != 5*time.Second {
		t.Errorf("polled every %s", e)
	}
	if e := o.interval(nil); e != 10*time.Second {
		t.Errorf("polled every %s", e)
	}
}
