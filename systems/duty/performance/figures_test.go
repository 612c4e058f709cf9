package performance

import (
	"fmt"
	"testing"
	"time"

	"github.com/haihe-city/haihe/kernel/casework/alarm"
	"github.com/haihe-city/haihe/kernel/rule"
)

// TestFigures holds the figures to one hour counted by hand.
func TestFigures(t *testing.T) {
	from := time.Date(2015, 11, 20, 0, 0, 0, 0, time.UTC)
	c := newTally(from, from.Add(time.Hour), 1)
	at := func(minutes float64) time.Time { return from.Add(time.Duration(minutes * float64(time.Minute))) }
	came := func(minutes float64, key string, p rule.Priority) {
		c.add(alarm.Moment{At: at(minutes), Came: true, Alarm: "id-" + key, Key: key, Priority: p, Class: alarm.Process})
	}
	for i := range 12 { // first slot: a flood of 12, nine of them one chattering point
		if i < 9 {
			came(float64(i)/4, "pump", rule.Low)
		} else {
			came(float64(i)/4, fmt.Sprint("x", i), rule.Medium)
		}
	}
	for i := range 6 { // second: 6, so the flood goes on
		came(10+float64(i), fmt.Sprint("y", i), rule.Low)
	}
	for i := range 6 { // fourth: 6 again, but the third was quiet
		came(30+float64(i), fmt.Sprint("z", i), rule.Critical)
	}
	c.add(alarm.Moment{At: at(32), Alarm: "id-z0"})
	c.add(alarm.Moment{At: at(41), Alarm: "id-z1"})
	c.add(alarm.Moment{At: at(41), Alarm: "id-nothing"})
	came(60, "late", rule.Low)
	f := c.figures()
	if f.Alarms != 24 || f.Average != 4 || f.Peak != 12 || f.Flood != 2.0/6 {
		t.Errorf("%d alarms, %v on average, %v at most, %v in flood", f.Alarms, f.Average, f.Peak, f.Flood)
	}
	if f.ByPriority != [5]int{0, 6, 0, 3, 15} {
		t.Errorf("%v", f.ByPriority)
	}
	if len(f.Frequent) != 10 || f.Frequent[0] != (Frequent{"pump", "id-pump", 9}) || f.TopShare != 18.0/24 || fmt.Sprint(f.Chattering) != "[pump]" {
		t.Errorf("%+v %v %v", f.Frequent, f.TopShare, f.Chattering)
	}
	if f.Answered != 2 || f.P50 != 2*time.Minute || f.P95 != 2*time.Minute {
		t.Errorf("%d answered, %s, %s", f.Answered, f.P50, f.P95)
	}
	two := newTally(from, from.Add(time.Hour), 2)
	for i := range 12 {
		two.add(alarm.Moment{At: at(float64(i) / 2), Came: true, Key: fmt.Sprint(i), Priority: rule.Low})
	}
	if f := two.figures(); f.Peak != 6 || f.Flood != 0 || f.Average != 1 {
		t.Errorf("two operators: %+v", f)
	}
	if f := newTally(from, from, 0).figures(); f.Alarms != 0 || f.Average != 0 || f.P95 != 0 {
		t.Errorf("nothing: %+v", f)
	}
}
