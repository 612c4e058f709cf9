package e2e

import (
	"net"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeLines proves that the lines of both READMEs work as they stand, with stock clients, once the three words that the demo
// prints are put in.
func TestReadmeLines(t *testing.T) {
	for _, c := range []string{"sh", "curl", "mosquitto_pub"} {
		if _, err := exec.LookPath(c); err != nil {
			t.Skipf("%s is not on this machine: the lines are not tried", c)
		}
	}
	s := startCity(t)
	_, port, err := net.SplitHostPort(s.mqtt)
	if err != nil {
		t.Fatalf("the demo printed no MQTT address: %v", err)
	}
	env := append(os.Environ(), "S="+s.url, "TOKEN="+s.token, "PORT="+port)
	for _, name := range []string{"README.md", "README.zh.md"} {
		text, err := os.ReadFile(root + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		lines := regexp.MustCompile("(?s)```sh\nS=[^\n]*\n(.*?)```").FindSubmatch(text)
		if lines == nil {
			t.Fatalf("%s has no lines to try", name)
		}
		sh := exec.CommandContext(t.Context(), "sh", "-e", "-c", strings.ReplaceAll(string(lines[1]), "curl -s ", "curl -sS --fail-with-body "))
		sh.Env = env
		out, err := sh.CombinedOutput()
		if err != nil || !strings.Contains(string(out), `"SmartMeter"`) || !strings.Contains(string(out), "22.5") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		script := regexp.MustCompile("(?s)```python\n(.*?)```").FindSubmatch(text)
		if script == nil {
			t.Fatalf("%s has no Python to try", name)
		}
		if err := exec.CommandContext(t.Context(), "python3", "-c", "import paho.mqtt.client").Run(); err != nil {
			t.Logf("paho for Python is not on this machine: its lines are not tried")
			continue
		}
		py := exec.CommandContext(t.Context(), "python3", "-c", string(script[1]))
		py.Env = env
		if out, err := py.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if got := string(s.get("/ngsi-ld/v1/entities/urn:ngsi-ld:AirQualityObserved:tj-001?format=simplified")); !strings.Contains(got, "23.5") {
			t.Errorf("%s: after Python %s", name, got)
		}
	}
}
