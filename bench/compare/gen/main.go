// Command gen writes the packages vteto and vtseto, the project's messages as vtprotobuf generates them with memory
// pools, unlike gen/eto and gen/seto, and easyseto, the measured messages for easyproto.
//
// The definitions are those in gen/eto and gen/seto. Two packages of one program must not register the same names, so
// they are renamed to smarkets.vt.eto and smarkets.vt.seto first. Bodies that are not measured keep their place in the
// payload without their fields: a payload costs the same to clear, and the code stays small.
//
//	go run ./gen            write the generated files
//	go run ./gen -check     write nothing, fail if a file on disk differs
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	_ "github.com/planetscale/vtprotobuf/features/marshal"
	_ "github.com/planetscale/vtprotobuf/features/pool"
	_ "github.com/planetscale/vtprotobuf/features/size"
	_ "github.com/planetscale/vtprotobuf/features/unmarshal"
	"github.com/planetscale/vtprotobuf/generator"
	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

// module is what the names of generated files start with.
const module = "github.com/smk-go/smk/bench/compare/"

// measured are the messages that keep their fields and get a pool, by their protobuf names after the renaming.
var measured = []string{
	"smarkets.vt.eto.Payload",
	"smarkets.vt.seto.Payload",
	"smarkets.vt.seto.OrderCreate",
	"smarkets.vt.seto.OrderCancel",
	"smarkets.vt.seto.OrderAccepted",
	"smarkets.vt.seto.OrderExecuted",
	"smarkets.vt.seto.ContractQuotes",
	"smarkets.vt.seto.Quote",
	"smarkets.vt.seto.Execution",
}

func main() {
	check := flag.Bool("check", false, "report files that differ instead of writing them")
	flag.Parse()
	if err := run(".", *check); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run writes the generated files into dir, bench/compare, or, with check, names those that differ.
func run(dir string, check bool) error {
	files, err := generate()
	if err != nil {
		return err
	}
	var drift []string
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
			continue
		}
		if drift = append(drift, name); check {
			continue
		}
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err := errors.Join(err, os.WriteFile(path, content, 0o644)); err != nil {
			return err
		}
	}
	if check && len(drift) > 0 {
		slices.Sort(drift)
		return fmt.Errorf("generated code is not up to date, run go run ./gen: %s", strings.Join(drift, ", "))
	}
	return nil
}

// generate returns every generated file by its name below bench/compare.
func generate() (map[string][]byte, error) {
	request := new(pluginpb.CodeGeneratorRequest)
	for _, f := range []protoreflect.FileDescriptor{eto.File_eto_proto, seto.File_seto_proto} {
		p := protodesc.ToFileDescriptorProto(f)
		rename(p)
		strip(p)
		request.FileToGenerate = append(request.FileToGenerate, p.GetName())
		request.ProtoFile = append(request.ProtoFile, p)
	}
	plugin, err := protogen.Options{}.New(request)
	if err != nil {
		return nil, err
	}
	for _, f := range plugin.Files {
		internal_gengo.GenerateFile(plugin, f)
	}
	if err := errors.Join(vtproto(plugin), easy(plugin)); err != nil {
		return nil, err
	}
	resp := plugin.Response()
	if resp.Error != nil {
		return nil, errors.New(resp.GetError())
	}
	files := make(map[string][]byte)
	for _, f := range resp.File {
		name, ok := strings.CutPrefix(f.GetName(), module)
		if !ok {
			return nil, fmt.Errorf("generated file %s is outside of the module", f.GetName())
		}
		if files[name], err = format.Source(withMarker([]byte(f.GetContent()))); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return files, nil
}

// vtproto writes vtprotobuf's methods, with pools for what is measured.
func vtproto(plugin *protogen.Plugin) error {
	config := &generator.Config{Poolable: generator.NewObjectSet(), PoolableExclude: generator.NewObjectSet()}
	for _, name := range measured {
		if err := config.Poolable.Set(module + "vt" + strings.TrimPrefix(name, "smarkets.vt.")); err != nil {
			return err
		}
	}
	g, err := generator.NewGenerator(plugin, []string{"marshal", "size", "unmarshal", "pool"}, config)
	if err != nil {
		return err
	}
	g.Generate()
	return nil
}

// rename moves a file and everything it names from smarkets to smarkets.vt.
func rename(p *descriptorpb.FileDescriptorProto) {
	pkg := strings.TrimPrefix(p.GetPackage(), "smarkets.")
	p.Name = proto.String("vt/" + p.GetName())
	p.Package = proto.String("smarkets.vt." + pkg)
	p.Options.GoPackage = proto.String(module + "vt" + pkg)
	for i, dep := range p.Dependency {
		p.Dependency[i] = "vt/" + dep
	}
	for _, m := range p.MessageType {
		for _, f := range m.Field {
			if name, ok := strings.CutPrefix(f.GetTypeName(), ".smarkets."); ok {
				f.TypeName = proto.String(".smarkets.vt." + name)
			}
		}
	}
}

// strip takes the fields out of messages that are not measured.
func strip(p *descriptorpb.FileDescriptorProto) {
	for _, m := range p.MessageType {
		if !slices.Contains(measured, p.GetPackage()+"."+m.GetName()) {
			m.Field, m.ReservedRange = nil, nil
		}
	}
}

// toolLines are the headers of the linked generators. Their versions depend on how this program was built.
var (
	toolLines = regexp.MustCompile(`(?m)^// (Code generated |versions:|\tprotoc|protoc-gen-go-vtproto version:).*\n`)
	origin    = regexp.MustCompile(`(?m)^// source: vt/(.*)\n`)
)

// withMarker returns the source with our marker as its first line.
func withMarker(content []byte) []byte {
	name := origin.FindSubmatch(content)[1]
	head := fmt.Sprintf("// Code generated by bench/compare/gen from proto/%s. DO NOT EDIT.\n\n", name)
	rest := origin.ReplaceAll(toolLines.ReplaceAll(content, nil), nil)
	return append([]byte(head), bytes.TrimLeft(rest, "\n")...)
}
