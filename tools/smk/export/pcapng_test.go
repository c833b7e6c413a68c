package export

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/smk-go/smk/tools/smk/inspect"
)

// TestPackets reads the packets back: whole frames in order, sequence numbers without a gap, and both connections.
func TestPackets(t *testing.T) {
	dir, payloads := written(t)
	capture, _ := exported(t, dir, "pcapng")
	r, err := pcapgo.NewNgReader(bytes.NewReader(capture), pcapgo.DefaultNgReaderOptions)
	if err != nil {
		t.Fatal(err)
	}
	type way struct{ from, to layers.TCPPort }
	next := map[way]uint32{}
	var got [][]byte
	last := int64(0)
	for {
		data, info, err := r.ReadPacketData()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		at := info.Timestamp.UnixNano()
		if at < last || at == 0 {
			t.Errorf("time %d after %d", at, last)
		}
		last = at
		p := gopacket.NewPacket(data, layers.LayerTypeIPv4, gopacket.Default)
		tcp, ok := p.TransportLayer().(*layers.TCP)
		if !ok || p.ErrorLayer() != nil {
			t.Fatalf("%v", p)
		}
		to, back := way{tcp.SrcPort, tcp.DstPort}, way{tcp.DstPort, tcp.SrcPort}
		if tcp.Seq != next[to] || tcp.ACK && tcp.Ack != next[back] {
			t.Errorf("sequence %d, acknowledged %d, want %d, %d", tcp.Seq, tcp.Ack, next[to], next[back])
		}
		if next[to] += uint32(len(tcp.Payload)); tcp.SYN {
			next[to]++
		}
		if len(tcp.Payload) > 0 {
			n, header := binary.Uvarint(tcp.Payload)
			got = append(got, tcp.Payload[header:])
			if int(n) != len(tcp.Payload)-header {
				t.Errorf("a frame of %d bytes has %d", n, len(tcp.Payload)-header)
			}
		}
	}
	if !slices.EqualFunc(got, payloads, bytes.Equal) || len(next) != 4 { // two connections, both ways
		t.Errorf("%d payloads of %d, %d ways", len(got), len(payloads), len(next))
	}
}

const luaFile = "../../wireshark/smk.lua"

// TestDissectorText holds the dissector to what it relies on: the port of the captures, the name of the message in the
// definitions, and blocks that end.
func TestDissectorText(t *testing.T) {
	lua, err := os.ReadFile(luaFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, fact := range []string{
		`add(` + strconv.Itoa(serverPort) + `, smk)`, `pinfo.private["pb_msg_type"] = "message,smarkets.seto.Payload"`,
		`Dissector.get("protobuf")`, `desegment_len`, `desegment_offset`,
	} {
		if !bytes.Contains(lua, []byte(fact)) {
			t.Errorf("%s does not have %s", luaFile, fact)
		}
	}
	code := regexp.MustCompile(`(?m)--.*$`).ReplaceAll(lua, nil)
	opened := len(regexp.MustCompile(`\b(function|then|do)\b`).FindAll(code, -1))
	if closed := len(regexp.MustCompile(`\bend\b`).FindAll(code, -1)); opened != closed {
		t.Errorf("%d blocks begin, %d end", opened, closed)
	}
	b, err := os.ReadFile("../../../proto/seto.proto")
	if err != nil || !bytes.Contains(b, []byte("\npackage smarkets.seto;")) ||
		!bytes.Contains(b, []byte("\nmessage Payload {")) {
		t.Errorf("the definitions have no smarkets.seto.Payload: %v", err)
	}
}

// TestDissector has tshark read captures whose frames are cut into pieces of eleven bytes, and whose packets have a few
// frames, the last one cut. Where there is no tshark only TestDissectorText checks the dissector, and the captures are
// held to their sizes.
func TestDissector(t *testing.T) {
	dir, _ := written(t)
	sent := 0 // bytes
	for e, err := range inspect.Read(t.Context(), dir, inspect.Options{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Outbound() {
			sent += len(e.Payload)
		}
	}
	small := func(w *pcapWriter) error {
		w.segment = 11
		for e, err := range inspect.Read(t.Context(), dir, inspect.Options{}) {
			if err == nil && e.Message != nil {
				err = w.write(e)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	together := func(w *pcapWriter) error {
		var stream []byte
		for e, err := range inspect.Read(t.Context(), dir, inspect.Options{}) {
			if err != nil {
				return err
			}
			if e.Outbound() {
				stream = append(binary.AppendUvarint(stream, uint64(len(e.Payload))), e.Payload...)
			}
		}
		err := w.open(time.Unix(1, 0))
		for b := range slices.Chunk(stream, 100) {
			err = errors.Join(err, w.packet(time.Unix(2, 0), 0, layers.TCP{ACK: true}, b))
		}
		return err
	}
	for name, fill := range map[string]func(*pcapWriter) error{"small": small, "together": together} {
		t.Run(name, func(t *testing.T) {
			var capture bytes.Buffer
			w, err := newPcapWriter(&capture)
			if err == nil {
				err = errors.Join(fill(w), w.close())
			}
			if err != nil {
				t.Fatal(err)
			}
			tshark, err := exec.LookPath("tshark")
			if err != nil {
				t.Log("there is no tshark here: only TestDissectorText checks the dissector")
				if sent < orders*20 || capture.Len() < sent {
					t.Errorf("the capture has %d bytes, %d were sent", capture.Len(), sent)
				}
				return
			}
			checkReferences(t, tshark, capture.Bytes())
		})
	}
}

// checkReferences has tshark find the references of all orders in a capture.
func checkReferences(t *testing.T, tshark string, capture []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out.pcapng")
	if err := os.WriteFile(file, capture, 0o600); err != nil {
		t.Fatal(err)
	}
	definitions, err := filepath.Abs("../../../proto")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), tshark, "-X", "lua_script:"+luaFile, "-o",
		fmt.Sprintf(`uat:protobuf_search_paths:"%s","TRUE"`, definitions), "-o", "protobuf.preload_protos:TRUE",
		"-o", "protobuf.pbf_as_hf:TRUE", "-r", file, "-T", "fields", "-e", "pbf.smarkets.seto.OrderCreate.reference")
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	references := strings.FieldsFunc(string(out), func(r rune) bool { return r < '0' || r > '9' })
	if len(references) != orders || references[0] != strconv.Itoa(firstReference) ||
		references[orders-1] != strconv.Itoa(firstReference+orders-1) {
		t.Errorf("tshark found %d references: %s", len(references), out)
	}
}
