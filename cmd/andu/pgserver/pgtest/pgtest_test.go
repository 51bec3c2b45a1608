package pgtest

import (
	"context"
	"testing"

	"andu/cmd/andu/pgserver"

	"github.com/jackc/pgx/v5"
)

func TestNew(t *testing.T) {
	own, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	// A server of somebody else's is given by its address alone.
	other, err := existing(Cluster(t).URL(pgserver.SuperRole, "postgres") + "&application_name=test")
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]server{"own": own, "existing": other} {
		var db Database
		t.Run(name+" server gives a database", func(t *testing.T) {
			db = s.create(t)
			for url, role := range map[string]string{db.OwnerURL: pgserver.OwnerRole, db.ServerURL: pgserver.ServerRole, db.SuperURL: pgserver.SuperRole} {
				conn, err := pgx.Connect(t.Context(), url)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close(context.Background())
				var user, database string
				if err := conn.QueryRow(t.Context(), `SELECT current_user, current_database()`).Scan(&user, &database); err != nil {
					t.Fatal(err)
				}
				if user != role || database != db.Name {
					t.Errorf("signed in as %s to %s, want %s to %s", user, database, role, db.Name)
				}
			}
		})
		t.Run(name+" server has dropped it", func(t *testing.T) {
			conn, err := pgx.Connect(t.Context(), s.url("postgres"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
			var exists bool
			if err := conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, db.Name).Scan(&exists); err != nil {
				t.Fatal(err)
			}
			if exists {
				t.Errorf("the database %s outlived its test", db.Name)
			}
		})
	}
}

// BenchmarkNew is what a test pays for its database: under a tenth of a second, or tests will share one.
func BenchmarkNew(b *testing.B) {
	New(b)
	for b.Loop() {
		New(b)
	}
}
