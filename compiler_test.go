package smk_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// inlined are the functions that run once a message or more often and must not turn into calls when
// someone adds a line to them. Those of gen/msg that users call are found in the source instead.
var inlined = map[string]string{
	"internal/varint":   `Size Read PutBefore Two Three Four Eight Spread28 Spread32 Spread64 Ninth`,
	"gen/msg":           `load octet first putText bytesOf enough fixed64 putFixed64 (*Payload).withSlack`,
	"internal/envelope": `FrameSize Flags.HasSeq`,
	"wire": `shortHeader headerSize putHeader frameSize (*Buffer).Filled (*Buffer).rewind
		(*large).take (*large).waiting`,
	"ring": `(*SendRing).Pending (*SendRing).Oldest (*SendRing).Newest (*SendRing).run (*SendRing).slot
		(*SendRing).Waiting (*SendRing).floor (*Memory).Bytes`,
	"engine/session": `(*Session).Free (*Session).Pending (*Session).State State.LoggedIn
		(*Session).setClock (*Session).advance (*Session).ackLast (*Session).canSend
		(*Session).hasDeferred (*Session).fail
		classOf class.orderEntry ofKind (*eventQueue).pop (*throttle).take (*throttle).needs (*throttle).ready
		(*inFlight).first (*inFlight).full (*inFlight).head (*inFlight).link (*entry).is
		(*Session).hasPendingWork isApplication inboundClassOf withUnknown fastMarshaler
		(*fairClock).fair (*fairClock).isAbsence (*budget).spend (*outbox).spent
		(*sequencer).spent (*sequencer).position
		(*references).next (*Session).refusal referenceTag referenceSize`,
	"engine": `(*Engine).readClock (*Engine).endHandler (*Engine).acquire (*requests).pending restrictions.has
		(*connection).writable (*Stats).received
		subscribing Submitter.SendOrderCreate (*Submission).start
		(*timing).running (*timing).startHandler joinNames (*Submission).Done
		(*measured).answered (*measured).ticked requestKindOf
		(*MPSC).Claim (*MPSC).Peek (*MPSC).Release (*MPSC).Len
		(*SPSC).Claim (*SPSC).Peek (*SPSC).Publish (*SPSC).Release`,
	"engine/internal/transport": `Clock.Now (*recordConn).whole (*recordConn).pending (*recordConn).filled
		(*netConn).CanSpin`,
	"journal": `recordSize putHeader pack (*Recorder).take (*Recorder).Mark (*Recorder).Seq (*Recorder).Synced
		(*Recorder).PayloadMax`,
	"uuid": `New New128 UUID.High UUID.Low UUID.Tag UUID.IsZero UUID.Valid wide.mulAdd wide.fits`,
	"odds": `NewPrice Price.Valid Price.Complement Price.IsTick Price.NextTick Price.PreviousTick
		Price.Snap NewQuantity Side.Opposite Money.Add Money.Sub QuantityForStake`,
}

// notInlined are the accessors of gen/msg that may be calls.
var notInlined = regexp.MustCompile(`^\(\*MarketQuotes\)\.AddContractQuotes$|^\(\*OrderCreate\)\.Keys$`)

// inlinedCalls are the functions whose calls must be gone from everything in their package: a function that
// can be inlined is not where the one around it is large.
var inlinedCalls = map[string][]string{
	"gen/msg": strings.Fields(`load octet varint.Two varint.Three varint.Four varint.Eight
		varint.Spread28 varint.Spread32 varint.Spread64 varint.Ninth`),
	"internal/envelope": strings.Fields("varint.Spread28 varint.Spread64"),
	"wire":              strings.Fields("shortHeader"),
	"engine/session":    strings.Fields("classOf ofKind isApplication inboundClassOf referenceTag referenceSize"),
}

// boundsChecks are how many bounds checks the compiler leaves in hot files, at most. They may become
// fewer; then the number here follows.
var boundsChecks = map[string]int{
	"gen/msg/*.fast.go":             54, // of texts, and of elements that are used again
	"gen/msg/*.marshalfast.go":      2,  // of texts
	"gen/msg/levels.go":             3,  // none of them once a level
	"gen/msg/marshalfast.go":        1,
	"wire/scan.go":                  2,
	"wire/buffer.go":                21, // two more in Next make the way from one header to the next shorter
	"internal/envelope/encode.go":   4,
	"wire/uleb128.go":               2,
	"internal/envelope/header.go":   27,
	"ring/sendring.go":              13,
	"engine/session/inbound.go":     0,
	"engine/session/match.go":       8,
	"engine/session/application.go": 6,
	"engine/session/send.go":        3,
	"engine/session/outbox.go":      8,
	"engine/session/inflight.go":    19,
	"engine/session/throttle.go":    0,
	"uuid/base36.go":                7,
	"uuid/digits.go":                7,
	"uuid/radix.go":                 8,
	"odds/ladder.go":                3,
	"odds/tick.go":                  8,
}

// boundsCompiler is the compiler that boundsChecks are for: another proves more, or less.
const boundsCompiler = "go1.26"

// report is what the compiler says of the hot packages. It says it again, word for word, while nothing has changed.
var report = sync.OnceValues(func() (string, error) {
	args := []string{"build", "-trimpath=false", "-gcflags=-m -d=ssa/check_bce"} // paths as they are here
	for dir := range inlined {
		args = append(args, "./"+dir)
	}
	slices.Sort(args[2:])
	out, err := exec.Command("go", args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, out)
	}
	return string(out), err
})

// typeArguments are what the compiler adds to the names of generic functions; ring. is left out too.
var typeArguments = regexp.MustCompile(`\[[^\n]*\]`)

// TestInlined finds in the compiler's report every function that has to be inlined.
func TestInlined(t *testing.T) {
	said, err := report()
	if err != nil {
		t.Fatal(err)
	}
	can := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^(\S+):\d+:\d+: can inline (.+)$`).FindAllStringSubmatch(said, -1) {
		dir, name := path.Dir(path.Clean(m[1])), m[2]
		if short := strings.TrimPrefix(typeArguments.ReplaceAllString(name, ""), "ring."); short != name {
			if !strings.Contains(name, "[go.shape.") {
				continue // what calls the function proper
			}
			dir, name = "engine", short
		}
		can[dir+" "+name] = true
	}
	for dir, names := range inlined {
		for _, name := range strings.Fields(names) {
			if !can[dir+" "+name] {
				t.Errorf("%s: %s is not inlined any more", dir, name)
			}
		}
	}
	accessors := 0
	eachFunction(t, "gen/msg", func(name string) {
		_, method, _ := strings.Cut(name, ").")
		if !regexp.MustCompile(`^(Get|Has|Set|Clear|Add|Mutable|Keys|PayloadType)`).MatchString(method) {
			return
		}
		accessors++
		if !can["gen/msg "+name] && !notInlined.MatchString(name) {
			t.Errorf("gen/msg: %s is not inlined any more", name)
		}
	})
	if accessors < 1000 {
		t.Errorf("%d accessors found: is gen/msg read?", accessors)
	}
}

// TestCallsAreInlined finds every call of small functions gone where they are used.
func TestCallsAreInlined(t *testing.T) {
	said, err := report()
	if err != nil {
		t.Fatal(err)
	}
	gone := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^(\S+:\d+):\d+: inlining call to (\S+)$`).FindAllStringSubmatch(said,
		-1) {
		gone[path.Clean(m[1])+" "+m[2]] = true
	}
	for dir, names := range inlinedCalls {
		calls := make(map[string]int)
		eachSource(t, dir, func(fset *token.FileSet, file *ast.File) {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if name := calledName(call); slices.Contains(names, name) {
					calls[name]++
					at := fset.Position(call.Pos())
					if where := fmt.Sprintf("%s:%d", filepath.ToSlash(at.Filename), at.Line); !gone[where+" "+name] {
						t.Errorf("%s: %s is called, not inlined", where, name)
					}
				}
				return true
			})
		})
		for _, name := range names {
			if calls[name] == 0 {
				t.Errorf("%s: %s is not called by anybody", dir, name)
			}
		}
	}
}

// calledName is the name of a called function, behind that of its package if it is from another one.
func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok {
			return x.Name + "." + f.Sel.Name
		}
	}
	return ""
}

// TestBoundsChecks counts the bounds checks that are left in hot files.
func TestBoundsChecks(t *testing.T) {
	if !strings.HasPrefix(runtime.Version(), boundsCompiler+".") || runtime.GOARCH != "amd64" {
		t.Logf("bounds checks: not available: the table is for %s on amd64, this is %s on %s", boundsCompiler,
			runtime.Version(), runtime.GOARCH)
		return
	}
	said, err := report()
	if err != nil {
		t.Fatal(err)
	}
	left := make(map[string]int)
	for _, m := range regexp.MustCompile(`(?m)^(\S+):\d+:\d+: Found Is(?:Slice)?InBounds$`).FindAllStringSubmatch(said,
		-1) {
		left[path.Clean(m[1])]++
	}
	for pattern, most := range boundsChecks {
		files, err := filepath.Glob(filepath.FromSlash(pattern))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: no such file (%v)", pattern, err)
		}
		n := 0
		for _, file := range files {
			n += left[filepath.ToSlash(file)]
		}
		switch {
		case n > most:
			t.Errorf("%s: %d bounds checks, at most %d: go build -gcflags=-d=ssa/check_bce shows them", pattern, n,
				most)
		case n < most:
			t.Logf("%s: only %d bounds checks, no longer %d: lower the number here", pattern, n, most)
		}
	}
}

// eachSource parses the files of a package, without its tests.
func eachSource(t *testing.T, dir string, f func(*token.FileSet, *ast.File)) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no source (%v)", dir, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		f(fset, file)
	}
}

// eachFunction names the methods of a package's types as the compiler does.
func eachFunction(t *testing.T, dir string, f func(name string)) {
	t.Helper()
	eachSource(t, dir, func(_ *token.FileSet, file *ast.File) {
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv == nil {
				continue
			}
			switch typ := fn.Recv.List[0].Type.(type) {
			case *ast.StarExpr:
				f(fmt.Sprintf("(*%v).%s", typ.X, fn.Name))
			case *ast.Ident:
				f(fmt.Sprintf("%s.%s", typ, fn.Name))
			}
		}
	})
}
