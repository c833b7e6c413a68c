package export

import (
	"encoding/binary"
	"io"
	"net"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/smk-go/smk/tools/smk/inspect"
)

// The addresses are of ranges that documents use; the port is the one that the dissector is registered for. Each
// connection of the journal is one of TCP, with a port of the client's of its own.
const (
	serverPort = 3701
	clientPort = 40000
	portsMax   = 20000
	segmentMax = 32 << 10 // bytes of a frame in a packet
)

var (
	clientAddress = net.IPv4(192, 0, 2, 1)
	serverAddress = net.IPv4(192, 0, 2, 2)
)

// pcapWriter writes each message as TCP segments between a client and a server that never were. The checksums are
// right and the sequence numbers without a gap; times are those of the journal.
type pcapWriter struct {
	out    *pcapgo.NgWriter
	conns  int
	run    int
	epoch  uint32
	seq    [2]uint32 // of the client and of the server
	buffer gopacket.SerializeBuffer
	frame  []byte

	segment int // bytes of a frame in a packet at most
}

func newPcapWriter(out io.Writer) (*pcapWriter, error) {
	w, err := pcapgo.NewNgWriter(out, layers.LinkTypeRaw)
	if err != nil {
		return nil, err
	}
	return &pcapWriter{out: w, buffer: gopacket.NewSerializeBuffer(), segment: segmentMax}, nil
}

func (w *pcapWriter) write(e *inspect.Entry) error {
	if e.Run != w.run || e.Epoch != w.epoch || w.conns == 0 {
		w.run, w.epoch = e.Run, e.Epoch
		w.conns++
		if err := w.open(e.Time()); err != nil {
			return err
		}
	}
	payload := e.Payload
	w.frame = append(binary.AppendUvarint(w.frame[:0], uint64(len(payload))), payload...)
	from := 0
	if e.Inbound() {
		from = 1
	}
	for b := w.frame; len(b) > 0; {
		n := min(len(b), w.segment)
		if err := w.packet(e.Time(), from, layers.TCP{ACK: true, PSH: n == len(b)}, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// open writes a handshake.
func (w *pcapWriter) open(at time.Time) error {
	w.seq = [2]uint32{0, 0}
	for i, flags := range [...]layers.TCP{{SYN: true}, {SYN: true, ACK: true}, {ACK: true}} {
		if err := w.packet(at, i%2, flags, nil); err != nil {
			return err
		}
		if i < 2 {
			w.seq[i] = 1
		}
	}
	return nil
}

// packet writes a packet from the client, 0, or the server, 1.
func (w *pcapWriter) packet(at time.Time, from int, tcp layers.TCP, data []byte) error {
	ip := layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolTCP, SrcIP: clientAddress, DstIP: serverAddress}
	tcp.SrcPort, tcp.DstPort = layers.TCPPort(clientPort+w.conns%portsMax), serverPort
	if from == 1 {
		ip.SrcIP, ip.DstIP = ip.DstIP, ip.SrcIP
		tcp.SrcPort, tcp.DstPort = tcp.DstPort, tcp.SrcPort
	}
	tcp.Seq, tcp.Window = w.seq[from], 65535
	if tcp.ACK {
		tcp.Ack = w.seq[1-from]
	}
	w.seq[from] += uint32(len(data))
	if err := tcp.SetNetworkLayerForChecksum(&ip); err != nil {
		return err
	}
	options := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(w.buffer, options, &ip, &tcp, gopacket.Payload(data)); err != nil {
		return err
	}
	b := w.buffer.Bytes()
	return w.out.WritePacket(gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(b), Length: len(b)}, b)
}

func (w *pcapWriter) close() error { return w.out.Flush() }
