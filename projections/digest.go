package projections

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"strings"

	"github.com/jackc/pgx/v5"

	"andu/eventstore"
)

// Digest is the fingerprint of a read model at one position. Equal events give equal digests, on any machine and on both
// engines of the log.
type Digest struct {
	Position eventstore.Position
	SHA256   string // hex
	Rows     int64
}

// Digest computes the digest of a read model as it is now: SHA-256 over, for each of the projection's tables, its name,
// its columns in their order and its rows in the order of the primary key (as text, COLLATE "C"); values are their text
// in UTC. Every part is preceded by its length, NULL by the length 2^32-1. The checkpoint is not part of it.
func (db *DB) Digest(ctx context.Context, name string) (d Digest, err error) {
	p, err := db.projection(name)
	if err != nil {
		return d, err
	}
	return db.digest(ctx, p.Namespace(), p)
}

// Snapshot lets read see a read model as it is at one position, through unqualified names. No rebuild switches the schema
// before read has returned, so what takes long is better done elsewhere.
func (db *DB) Snapshot(ctx context.Context, name string, read func(tx pgx.Tx, at Mark) error) error {
	p, err := db.projection(name)
	if err != nil {
		return err
	}
	return db.snapshot(ctx, p.Namespace(), read)
}

func (db *DB) snapshot(ctx context.Context, schema string, read func(tx pgx.Tx, at Mark) error) error {
	options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead}
	return pgx.BeginTxFunc(ctx, db.Pool, options, func(tx pgx.Tx) error {
		// The lock comes before the snapshot. A snapshot older than a switch would see the new tables by name and none of
		// the rows that were written into them since.
		if _, err := tx.Exec(ctx, `lock table `+schema+`.checkpoint in access share mode`); err != nil {
			return fmt.Errorf("hold %s: %w", schema, err)
		}
		if err := enter(ctx, tx, schema); err != nil {
			return err
		}
		at, err := readCheckpoint(ctx, tx, schema)
		if err != nil {
			return err
		}
		return read(tx, Mark{at.position, at.recordedAt})
	})
}

func (db *DB) digest(ctx context.Context, schema string, p Projection) (d Digest, err error) {
	err = db.snapshot(ctx, schema, func(tx pgx.Tx, at Mark) error {
		d.Position = at.Position
		h := sha256.New()
		for _, table := range p.Tables {
			n, err := digestTable(ctx, tx, h, schema, table)
			if err != nil {
				return fmt.Errorf("digest %s.%s: %w", schema, table, err)
			}
			d.Rows += n
		}
		d.SHA256 = hex.EncodeToString(h.Sum(nil))
		return nil
	})
	return d, err
}

func digestTable(ctx context.Context, tx pgx.Tx, h hash.Hash, schema, table string) (count int64, err error) {
	// key is the column's place in the primary key, 0 for none.
	rows, err := tx.Query(ctx, `
		select a.attname, coalesce(array_position(i.indkey::int2[], a.attnum), -1) + 1 as key
		from pg_attribute a left join pg_index i on i.indrelid = a.attrelid and i.indisprimary
		where a.attrelid = ($1 || '.' || $2)::regclass and a.attnum > 0 and not a.attisdropped
		order by a.attnum`, schema, pgx.Identifier{table}.Sanitize())
	if err != nil {
		return 0, fmt.Errorf("list the columns: %w", err)
	}
	type column struct {
		Name string
		Key  int
	}
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[column])
	if err != nil {
		return 0, fmt.Errorf("list the columns: %w", err)
	}
	write(h, []byte(table))
	values := make([]string, len(columns))
	keys := make([]string, len(columns))
	width := 0
	for i, c := range columns {
		write(h, []byte(c.Name))
		values[i] = pgx.Identifier{c.Name}.Sanitize() + "::text"
		if c.Key > 0 {
			keys[c.Key-1] = values[i] + ` collate "C"`
			width++
		}
	}
	if width == 0 {
		return 0, fmt.Errorf("the table has no primary key, so its rows have no order")
	}
	rows, err = tx.Query(ctx, `select `+strings.Join(values, ", ")+` from `+pgx.Identifier{schema, table}.Sanitize()+` order by `+strings.Join(keys[:width], ", "))
	if err != nil {
		return 0, fmt.Errorf("read the rows: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		for _, v := range rows.RawValues() {
			write(h, v)
		}
		count++
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("read the rows: %w", err)
	}
	return count, nil
}

// write adds a value to a digest so that no two sequences of values give the same bytes.
func write(h hash.Hash, value []byte) {
	n := uint32(len(value))
	if value == nil {
		n = 1<<32 - 1
	}
	h.Write(binary.BigEndian.AppendUint32(nil, n))
	h.Write(value)
}
