package main

import (
	"bytes"
	"context"
	"fmt"
	"go/format"
	"path"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	_ "github.com/planetscale/vtprotobuf/features/marshal"
	_ "github.com/planetscale/vtprotobuf/features/size"
	_ "github.com/planetscale/vtprotobuf/features/unmarshal"
	"github.com/planetscale/vtprotobuf/generator"
	"google.golang.org/protobuf/cmd/protoc-gen-go/internal_gengo"
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/smk-go/smk/tools/gen/codec"
)

// definitions are the files of proto/, in the order in which they depend on each other.
var definitions = []string{"eto.proto", "seto.proto"}

// pluginDefinitions are those that only have the standard Go types, in a module of its own.
var pluginDefinitions = []string{"smknats.proto"}

// module is the import path that generated file names start with.
const module = "github.com/smk-go/smk/"

// generate returns every generated file by its name relative to the repository's root.
func generate(ctx context.Context, protoDir string) (map[string][]byte, error) {
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(&protocompile.SourceResolver{ImportPaths: []string{protoDir}}),
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	compiled, err := compiler.Compile(ctx, slices.Concat(definitions, pluginDefinitions)...)
	if err != nil {
		return nil, err
	}
	var protos []*descriptorpb.FileDescriptorProto
	for _, f := range compiled {
		protos = append(protos, protoutil.ProtoFromFileDescriptor(f))
	}
	files := make(map[string][]byte)
	own := len(definitions)
	for _, step := range []struct {
		protos   []*descriptorpb.FileDescriptorProto
		generate []string
		params   string
		run      func(*protogen.Plugin) error
	}{
		{protos[:own], definitions, "", standard},
		{protos[:own], definitions, "", vtproto},
		{protos[:own], definitions, msgParams(), codecs},
		{protos[:own], definitions, msgParams(), convert},
		{protos[:own], definitions, "", bot},
		{protos, pluginDefinitions, "", standard},
	} {
		if err := plugin(step.protos, step.generate, step.params, files, step.run); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// plugin runs one code generator as protoc would and collects what it writes.
func plugin(
	protos []*descriptorpb.FileDescriptorProto, generate []string, params string, files map[string][]byte,
	run func(*protogen.Plugin) error,
) error {
	p, err := protogen.Options{}.New(&pluginpb.CodeGeneratorRequest{
		FileToGenerate: generate,
		Parameter:      proto.String(params),
		ProtoFile:      protos,
	})
	if err != nil {
		return err
	}
	if err := run(p); err != nil {
		return err
	}
	resp := p.Response()
	if resp.Error != nil {
		return fmt.Errorf("%s", resp.GetError())
	}
	for _, f := range resp.File {
		name, ok := strings.CutPrefix(f.GetName(), module)
		if !ok {
			return fmt.Errorf("generated file %s is outside of the module", f.GetName())
		}
		if _, ok := files[name]; ok {
			return fmt.Errorf("%s is generated twice", name)
		}
		content, err := format.Source(mark([]byte(f.GetContent())))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		files[name] = content
	}
	return nil
}

// mark makes our marker, which names the definition, the first line. The lines in which the
// linked generators state their versions go: they depend on how this program was built.
func mark(content []byte) []byte {
	source := "proto/"
	var out []byte
	for line := range bytes.Lines(content) {
		text := string(bytes.TrimRight(line, "\n"))
		switch {
		case strings.HasPrefix(text, "// Code generated "),
			text == "// versions:",
			strings.HasPrefix(text, "// \tprotoc"),
			strings.HasPrefix(text, "// protoc-gen-go-vtproto version:"):
			continue
		case strings.HasPrefix(text, "// source: "):
			source = path.Join("proto", strings.TrimPrefix(text, "// source: "))
			continue
		}
		out = append(out, line...)
	}
	head := marker + source + ". DO NOT EDIT.\n\n"
	return append([]byte(head), bytes.TrimLeft(out, "\n")...)
}

// standard writes the standard Go types.
func standard(p *protogen.Plugin) error {
	for _, f := range p.Files {
		if f.Generate {
			internal_gengo.GenerateFile(p, f)
		}
	}
	return nil
}

// vtproto writes vtprotobuf's methods for the standard types.
func vtproto(p *protogen.Plugin) error {
	return features(p, "marshal", "size", "unmarshal")
}

// codecs writes gen/msg by our feature, registered with vtprotobuf's own generator.
func codecs(p *protogen.Plugin) error {
	generator.RegisterFeature("codec", codec.New(p))
	return features(p, "codec")
}

// convert writes gen/convert, and the standard types' part that refers to gen/msg. A definition that it
// refuses was refused by codecs before.
func convert(p *protogen.Plugin) error {
	codec.PayloadTypes(p)
	codec.Convert(p)
	return nil
}

func features(p *protogen.Plugin, names ...string) error {
	g, err := generator.NewGenerator(p, names, &generator.Config{
		Poolable:        generator.NewObjectSet(),
		PoolableExclude: generator.NewObjectSet(),
	})
	if err != nil {
		return err
	}
	g.Generate()
	return nil
}

// msgParams makes both definitions one Go package, gen/msg.
func msgParams() string {
	var params []string
	for _, name := range definitions {
		params = append(params, "M"+name+"="+module+"gen/msg;msg")
	}
	return strings.Join(params, ",")
}
