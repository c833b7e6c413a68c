package journal

// Journal is a journal that is being written: a ring, and the goroutine that empties it into files.
type Journal struct{ recorder Recorder }

// Stats is what a journal did so far.
type Stats struct {
	Records  uint64 // written, but the writer's own
	Bytes    uint64 // written
	Lost     uint64 // records that were lost
	Written  uint64 // number of the last record that is written
	Synced   uint64 // number of the last record that is durable
	Syncs    uint64
	LastSync int64 // reading of Config.Clock when the last sync returned; 0 before the first
	Segment  uint64

	LagBytes   int    // committed and not yet written
	LagRecords uint64 // the same, in records

	Failed error // the *DiskError if the disk fails at the moment, else nil
}

// Open opens the journal in a folder to write on behind what is there. An end that was not written completely is
// cut off. It returns a [*ConfigError] for a setting out of its limits, a [*DamageError] if the last segment is
// damaged, and a [*DiskError] for what the system refused; that one wraps [ErrInUse] if there is another writer.
func Open(c Config) (*Journal, error) { return nil, ErrClosed }

// Recorder returns the loop's end of the journal, always the same.
func (j *Journal) Recorder() *Recorder { return &j.recorder }

// Close writes all that was committed, makes it durable and ends the writer. Nobody may use the Recorder any more.
// It returns the [*DiskError] of a disk that failed and did not work again. Closing again returns the same.
func (j *Journal) Close() error { return nil }

// Stats returns what the journal did so far. Any goroutine may ask.
func (j *Journal) Stats() Stats { return Stats{} }
