// Command bugs tests what the trading days of package prove notice: it builds the project with each bug of
// prove/bugs in turn, runs days of that build until one fails, and writes the table of prove/bugs/README.md. The
// files of the project stay as they are: the build takes the changed ones from a folder of its own.
//
//	go run ./bugs                 all bugs, up to 10000 seeds each
//	go run ./bugs -only session   those whose name or package contains a text; the table keeps the others
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/smk-go/smk/prove/bugs"
)

func main() {
	var o options
	days := flag.Bool("days", false, "run days in this process, and print the first that fails")
	flag.StringVar(&o.root, "root", "..", "the project's root")
	flag.StringVar(&o.only, "only", "", "only bugs whose name or package contains this")
	flag.Uint64Var(&o.seeds, "seeds", 10_000, "how many days to run until one fails")
	flag.IntVar(&o.workers, "workers", 2, "days that run at a time")
	flag.DurationVar(&o.hang, "hang", 20*time.Second, "a day that takes longer has failed")
	flag.BoolVar(&o.rest, "rest", false, "leave out bugs that the table has a seed of")
	flag.BoolVar(&o.needs, "needs", false, "also bugs that need what days do not have yet")
	flag.BoolVar(&o.update, "update", true, "write the table")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *days {
		writeDays(os.Stdout, &o)
		return
	}
	if err := run(ctx, &o); err != nil {
		fmt.Fprintln(os.Stderr, "bugs:", err)
		stop()
		os.Exit(1)
	}
}

type options struct {
	root, only  string
	seeds       uint64
	workers     int
	hang        time.Duration
	rest, needs bool
	update      bool
}

// run builds and runs each bug, and writes the table.
func run(ctx context.Context, o *options) error {
	all, err := bugs.All()
	if err != nil {
		return err
	}
	root, err := filepath.Abs(o.root)
	if err != nil {
		return err
	}
	o.root = root
	folder, err := os.MkdirTemp("", "bugs")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	name := filepath.Join(root, "prove/bugs/README.md")
	lines, err := readTable(name)
	if err != nil {
		return err
	}
	missed, broken := 0, 0
	for i := range all {
		b := &all[i]
		if !strings.Contains(b.Name, o.only) && !strings.Contains(b.Package(), o.only) {
			continue
		}
		if _, ok := seedOf(lines[b.Name]); ok && o.rest {
			continue
		}
		if b.Needs != "" && !o.needs {
			lines[b.Name] = needsRow(b)
			continue
		}
		begun := time.Now()
		c, err := catch(ctx, o, b, folder)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			fmt.Println(err)
			broken++
			continue
		}
		if !c.Failed {
			missed++
		}
		fmt.Printf("%-32s %s (%v)\n", b.Name, c, time.Since(begun).Round(time.Second/10))
		lines[b.Name] = row(b, c)
		if o.update {
			if err := writeTable(name, all, lines); err != nil {
				return err
			}
		}
	}
	if o.update {
		if err := writeTable(name, all, lines); err != nil {
			return err
		}
	}
	if missed+broken > 0 {
		return fmt.Errorf("%d bugs are not noticed, %d are broken", missed, broken)
	}
	return nil
}

// catch builds a bug and runs days until one fails.
func catch(ctx context.Context, o *options, b *bugs.Bug, folder string) (c caught, err error) {
	program, err := build(ctx, o.root, b, folder)
	if err != nil {
		return c, err
	}
	command := exec.CommandContext(ctx, program, "-days", "-seeds", fmt.Sprint(o.seeds), "-workers",
		fmt.Sprint(o.workers), "-hang", o.hang.String())
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil {
		return c, fmt.Errorf("%s: %w\n%s", b.Name, err, errs.Bytes()[:min(errs.Len(), 4000)])
	}
	return c, json.Unmarshal(out.Bytes(), &c)
}

// build builds this program with a bug in it.
func build(ctx context.Context, root string, b *bugs.Bug, folder string) (program string, err error) {
	replace := make(map[string]string)
	for i, name := range b.Files() {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return "", err
		}
		if text, err = b.Apply(name, text); err != nil {
			return "", err
		}
		changed := filepath.Join(folder, fmt.Sprintf("%d.go", i))
		if err := os.WriteFile(changed, text, 0o644); err != nil {
			return "", err
		}
		replace[filepath.Join(root, name)] = changed
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o644); err != nil {
		return "", err
	}
	program = filepath.Join(folder, "days")
	command := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-overlay", file, "-o", program, "./bugs")
	command.Dir = filepath.Join(root, "tools")
	if out, err := command.CombinedOutput(); err != nil {
		return "", errors.New(b.Name + " does not build:\n" + string(out))
	}
	return program, nil
}
