package safety_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// plantServer is a plant's OPC UA server written with asyncua: a double, an integer and a boolean that move when a line comes in, and a value
// whose status says that it is bad.
const plantServer = `
import asyncio, logging, sys
from asyncua import Server, ua
logging.disable(logging.CRITICAL)
async def main():
    s = Server()
    await s.init()
    s.set_endpoint("opc.tcp://127.0.0.1:%s/plant/" % sys.argv[1])
    s.set_security_policy([ua.SecurityPolicyType.NoSecurity])
    ns = await s.register_namespace("urn:judge:plant")
    top = await s.nodes.objects.add_object(ns, "Tank")
    level = await top.add_variable(ua.NodeId("LT-1", ns), "Level", 3.25)
    count = await top.add_variable(ua.NodeId(4711, ns), "Count", 17, ua.VariantType.UInt16)
    pump = await top.add_variable(ua.NodeId("PUMP", ns), "Pump", True)
    bad = await top.add_variable(ua.NodeId("BAD", ns), "Bad", 1.0)
    await bad.write_value(ua.DataValue(ua.Variant(1.0, ua.VariantType.Double), ua.StatusCode(ua.StatusCodes.BadSensorFailure)))
    async with s:
        print("ns", ns, flush=True)
        loop = asyncio.get_running_loop()
        while True:
            line = await loop.run_in_executor(None, sys.stdin.readline)
            if not line:
                return
            await level.write_value(float(line))
asyncio.run(main())
`

// TestOPCUAJudge: the client listens to a server that was not written here, nor with the library that ours is made of. HAIHE_PYTHON names a
// Python that has asyncua.
func TestOPCUAJudge(t *testing.T) {
	python := os.Getenv("HAIHE_PYTHON")
	if python == "" || exec.Command(python, "-c", "import asyncua").Run() != nil {
		t.Skip("skipped: HAIHE_PYTHON names no Python with asyncua")
	}
	port := freePort(t)
	cmd := exec.CommandContext(t.Context(), python, "-c", plantServer, fmt.Sprint(port))
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	lines, ns := bufio.NewScanner(out), 0
	if !lines.Scan() {
		t.Fatal("the server said nothing")
	}
	if _, err := fmt.Sscanf(lines.Text(), "ns %d", &ns); err != nil {
		t.Fatalf("%q: %v", lines.Text(), err)
	}
	points := fmt.Sprintf("LT-1,J1,,ns=%[1]d;s=LT-1,level,m,1,5,6,yes\nCT-1,J1,,ns=%[1]d;i=4711,level,m,1,,,\nPU-1,J1,,ns=%[1]d;s=PUMP,switch,,1,,,\nBT-1,J1,,ns=%[1]d;s=BAD,level,m,1,5,6,\n", ns)
	w := open(t, fmt.Sprintf("J1,评判厂,chemical,120116,117.7,39.0,opcua,opc.tcp://127.0.0.1:%d/plant/,,running\n", port), points, nil)
	last := func(point string) string {
		got := w.csv("J1", point)
		if len(got) == 0 {
			return ""
		}
		return got[len(got)-1]
	}
	w.eventually("a double is read", func() bool { return strings.HasSuffix(last("LT-1"), ",3.25,good") })
	w.eventually("an integer is read", func() bool { return strings.HasSuffix(last("CT-1"), ",17,good") })
	w.eventually("a boolean is read", func() bool { return strings.HasSuffix(last("PU-1"), ",1,good") })
	w.eventually("a bad status is bad", func() bool { return strings.HasSuffix(last("BT-1"), ",bad") })
	if _, err := fmt.Fprintln(in, "4.75"); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(5 * time.Second)
	w.eventually("a change is told by the subscription", func() bool { return strings.HasSuffix(last("LT-1"), ",4.75,good") })
}
