// Package dossier answers where a paper stands in the records of the office beside its own: the number in its book, the
// case about it, its circulation, its protection, the watch that took it in. The rows hold names of records, never content.
package dossier

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/jackc/pgx/v5"

	"andu/domain"
	"andu/projections"
)

//go:embed schema.sql
var schema string

// Projection is the read model of what names a paper.
var Projection = projections.Projection{Name: "dossier", Version: 1, Schema: schema, Tables: []string{"entry"}, Apply: apply}

// Part is a record that says something about a paper. Of a record whose first event names the paper, the Whole is about
// it; of any other the Revisions are.
type Part struct {
	Stream    string
	Whole     bool
	Revisions []int64
}

// Of gives the records that name a paper, in the order of their names.
func Of(ctx context.Context, db projections.Querier, office, document string) ([]Part, error) {
	rows, err := db.Query(ctx, `select stream, bool_or(revision = 0 and named), array_agg(revision order by revision) from `+Projection.Table("entry")+`
		where document = $1 and office = $2 group by stream order by stream collate "C"`, document, office)
	if err != nil {
		return nil, fmt.Errorf("read the dossier: %w", err)
	}
	parts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p Part, err error) {
		return p, row.Scan(&p.Stream, &p.Whole, &p.Revisions)
	})
	if err != nil {
		return nil, fmt.Errorf("read the dossier: %w", err)
	}
	return parts, nil
}

var named = regexp.MustCompile(`"document-[0-9a-zA-Z-]+"`)

// apply notes every paper that an event of another record names, or that its decision read.
func apply(b *pgx.Batch, r domain.Recorded) error {
	if domain.ContextOf(r.Stream) == "document" {
		return nil
	}
	papers := map[string]bool{} // and whether the event names it
	for _, read := range r.Reads {
		if domain.ContextOf(read.Stream) == "document" {
			papers[read.Stream] = false
		}
	}
	text, err := json.Marshal(r.Event)
	if err != nil {
		return fmt.Errorf("%s@%d: %w", r.Stream, r.Revision, err)
	}
	for _, found := range named.FindAll(text, -1) {
		papers[string(bytes.Trim(found, `"`))] = true
	}
	for _, document := range slices.Sorted(maps.Keys(papers)) {
		b.Queue(`insert into entry (document, stream, revision, office, named) values ($1, $2, $3, $4, $5)`, document, r.Stream, r.Revision, r.Office, papers[document])
	}
	return nil
}
