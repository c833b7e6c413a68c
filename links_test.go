package smk_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// smallBot uses what a bot needs: the engine, its session, the messages and the prices.
const smallBot = `package main

import (
	"context"
	"fmt"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

func main() {
	e, err := engine.New(engine.Config{Session: session.Config{Username: "u", Password: "p"}})
	if err != nil {
		panic(err)
	}
	e.OnContractQuotes(func(_ *engine.Event, quotes *msg.ContractQuotes) {
		for _, bid := range quotes.GetBids() {
			fmt.Println(odds.NewPrice(bid.GetPrice()))
		}
	})
	fmt.Println(e.Run(context.Background()))
}
`

// TestBotLinksNoProtobuf lists the packages that a small bot links. What is heavy and not needed at
// run time stays out of it: the protobuf library with its reflection, and our standard types.
func TestBotLinksNoProtobuf(t *testing.T) {
	name := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(name, []byte(smallBot), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "list", "-deps", name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	deps := strings.Fields(string(out))
	found := 0
	for _, dep := range deps {
		for _, not := range []string{
			"google.golang.org/protobuf", "github.com/planetscale/vtprotobuf", module + "/gen/eto",
			module + "/gen/seto",
			module + "/gen/convert", "net/http",
		} {
			if dep == not || strings.HasPrefix(dep, not+"/") {
				t.Errorf("a bot links %s: go list -f '{{.ImportPath}} {{.Imports}}' -deps shows by what", dep)
			}
		}
		if strings.HasPrefix(dep, module+"/") {
			found++
		}
	}
	if found < 6 {
		t.Errorf("found only %d of our packages among %q: is the bot read?", found, deps)
	}
}
