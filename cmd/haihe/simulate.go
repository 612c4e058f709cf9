package main

import (
	"context"

	"github.com/haihe-city/haihe/lang"
)

func simulateCommand() command {
	c := command{
		name: "simulate", args: "grid [--meters N]", says: lang.T("模拟接入端：集中器与电表", "simulate what sends data: concentrators and meters"),
	}
	c.run = func(ctx context.Context, sh *shell, args []string) error {
		return usage("尚无可模拟的系统", "there is nothing to simulate yet")
	}
	return c
}

// simulateCity drives the demo's city.
func simulateCity(ctx context.Context, sh *shell, city *city, meters int) error { return nil }
