package transport

import (
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
)

// record is a TLS record with a body of n bytes.
func record(n int) []byte {
	return append([]byte{23, 3, 3, byte(n >> 8), byte(n)}, bytes.Repeat([]byte{7}, n)...)
}

// receiveInto puts bytes where the socket would.
func receiveInto(r *recordConn, b []byte) { r.filled(copy(r.free(), b)) }

// afterHandshake is a recordConn whose connection below must not be used.
func afterHandshake() *recordConn {
	r := newRecordConn(nil)
	r.handshaking = false
	return r
}

// TestWhole receives two records byte by byte: only at the end of each can TLS read it.
func TestWhole(t *testing.T) {
	r := afterHandshake()
	for round := range 2 {
		frame := record(300)
		for i := range frame {
			if r.whole() {
				t.Fatalf("round %d: whole after %d of %d bytes", round, i, len(frame))
			}
			receiveInto(r, frame[i:i+1])
		}
		if !r.whole() {
			t.Fatalf("round %d: not whole", round)
		}
		got := make([]byte, len(frame))
		if n, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, frame) {
			t.Fatalf("round %d: read %d bytes, %v", round, n, err)
		}
	}
}

// TestReadEndsWithRecord: a Read does not go on to the next record, and TLS can read a
// record in pieces.
func TestReadEndsWithRecord(t *testing.T) {
	r := afterHandshake()
	first, second := record(10), record(0)
	receiveInto(r, append(bytes.Clone(first), second...))
	b := make([]byte, 100)
	if n, err := r.Read(b[:recordHeaderBytes]); n != recordHeaderBytes || err != nil {
		t.Fatalf("read %d bytes of the header, %v", n, err)
	}
	if !r.whole() {
		t.Error("the rest of the record is not whole")
	}
	if n, err := r.Read(b); n != 10 || err != nil {
		t.Fatalf("read %d bytes of the body, %v, want 10", n, err)
	}
	if n, err := r.Read(b); n != recordHeaderBytes || err != nil || r.whole() {
		t.Fatalf("read %d bytes of an empty record, %v, want its header", n, err)
	}
	var temporary net.Error
	if n, err := r.Read(b); n != 0 || err != errNoRecord || !errors.As(err, &temporary) || !temporary.Timeout() {
		t.Errorf("read %d bytes, %v of nothing", n, err)
	}
}

// TestPartOfRecord: amid a record, what is left of it counts.
func TestPartOfRecord(t *testing.T) {
	r := afterHandshake()
	frame := record(10)
	receiveInto(r, frame[:8])
	b := make([]byte, 100)
	if n, err := r.Read(b); n != 8 || err != nil || r.left != 7 {
		t.Fatalf("read %d bytes, %v, %d left", n, err, r.left)
	}
	receiveInto(r, frame[8:14])
	if r.whole() {
		t.Error("whole without the last byte")
	}
	receiveInto(r, frame[14:])
	if !r.whole() {
		t.Error("not whole")
	}
}

// TestFreeIsNeverEmpty receives and reads long records in pieces of many sizes: there is
// always room for one, and none is damaged by moving.
func TestFreeIsNeverEmpty(t *testing.T) {
	r := afterHandshake()
	frame := record(16<<10 + 1)
	for i := range frame[recordHeaderBytes:] {
		frame[recordHeaderBytes+i] = byte(i * 7)
	}
	stream := bytes.Repeat(frame, 20)
	got := make([]byte, len(frame))
	for size, records := 1, 0; records < 20; size = size*5%20000 + 1 {
		free := r.free()
		if len(free) == 0 && !r.whole() {
			t.Fatalf("no room after %d records", records)
		}
		n := copy(free, stream[:min(size, len(stream))])
		r.filled(n)
		stream = stream[n:]
		for r.whole() {
			if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, frame) {
				t.Fatalf("record %d is damaged (%v)", records, err)
			}
			records++
		}
	}
}

// TestOutbox is filled by TLS up to its capacity and emptied by the socket.
func TestOutbox(t *testing.T) {
	r := afterHandshake()
	if r.pending() {
		t.Error("pending at the start")
	}
	half := make([]byte, outboxBytes/2)
	for range 2 {
		if n, err := r.Write(half); n != len(half) || err != nil {
			t.Fatalf("wrote %d bytes, %v", n, err)
		}
	}
	if n, err := r.Write(half[:1]); n != 0 || err != ErrSendStalled {
		t.Errorf("wrote %d bytes, %v into a full outbox, want %v", n, err, ErrSendStalled)
	}
	r.wrote(outboxBytes - 1)
	if !r.pending() || len(r.unsent()) != 1 {
		t.Errorf("%d bytes unsent, want 1", len(r.unsent()))
	}
	r.wrote(1)
	if r.pending() || len(r.unsent()) != 0 {
		t.Errorf("%d bytes unsent, want 0", len(r.unsent()))
	}
	if n, err := r.Write(half); n != len(half) || err != nil || cap(r.out) != outboxBytes {
		t.Errorf("wrote %d bytes, %v into an empty outbox of %d", n, err, cap(r.out))
	}
}

// TestHandshaking passes reads and writes on to the connection below.
func TestHandshaking(t *testing.T) {
	near, far := net.Pipe()
	defer func() { _, _ = near.Close(), far.Close() }()
	r := newRecordConn(near)
	frame := record(3)
	go func() {
		for i := range frame {
			_, _ = far.Write(frame[i : i+1])
		}
		_, _ = io.CopyN(far, far, 5)
		_ = far.Close()
	}()
	got := make([]byte, len(frame))
	if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, frame) {
		t.Errorf("read %v, %v", got, err)
	}
	if n, err := r.Write([]byte("hello")); n != 5 || err != nil || r.pending() {
		t.Errorf("wrote %d bytes, %v", n, err)
	}
	if n, err := near.Read(make([]byte, 5)); n != 5 || err != nil {
		t.Errorf("echo of %d bytes, %v", n, err)
	}
	if n, err := r.Read(got); n != 0 || err != io.EOF {
		t.Errorf("read %d bytes, %v after the end", n, err)
	}
}
