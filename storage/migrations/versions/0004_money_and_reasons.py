"""money and reasons"""

import time
from typing import Literal

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text  # JSONB is written with it
from sqlalchemy.dialects import postgresql
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('score_change',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('old', sa.Integer(), nullable=True),
    sa.Column('new', sa.Integer(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('trace', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_score_change'))
    )
    op.create_index('ix_score_change_at', 'score_change', ['at', 'id'], unique=False)
    op.create_index('ix_score_change_number', 'score_change', ['number', 'id'], unique=False)
    _note_since_when_scores_are_kept()

    op.create_table('deal',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('minor', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.String(length=3), nullable=True),
    sa.Column('closes', sa.Date(), nullable=True),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('by', sa.String(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('asked_for', sa.Date(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_by', sa.String(), nullable=True),
    sa.Column('because', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('(minor IS NULL) = (currency IS NULL)', name=op.f('ck_deal_amount_has_currency')),
    sa.ForeignKeyConstraint(['account'], ['account.id'], name=op.f('fk_deal_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deal'))
    )
    op.create_index('ix_deal_account', 'deal', ['account', 'id'], unique=False)
    op.create_index('ix_deal_because', 'deal', ['because'], unique=False)
    op.create_index('ix_deal_closes', 'deal', ['closes'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))

    op.create_table('escalation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('side', sa.String(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('other', sa.String(), nullable=True),
    sa.Column('other_words', sa.Text(), nullable=True),
    sa.Column('other_by', sa.String(), nullable=True),
    sa.Column('other_at', sa.BigInteger(), nullable=True),
    sa.Column('verdict', sa.String(), nullable=True),
    sa.Column('decided_by', sa.String(), nullable=True),
    sa.Column('decided_at', sa.BigInteger(), nullable=True),
    sa.Column('why', sa.Text(), nullable=True),
    sa.Column('displaced', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('price', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=Text()), 'postgresql'), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['request.number'], name=op.f('fk_escalation_number')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_escalation')),
    sa.UniqueConstraint('key', name=op.f('uq_escalation_key'))
    )
    op.create_index('ix_escalation_number', 'escalation', ['number', 'id'], unique=False)

    op.add_column('request', sa.Column('survivor', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
    op.create_index('ix_request_survivor', 'request', ['survivor'], unique=False, sqlite_where=sa.text('survivor IS NOT NULL'), postgresql_where=sa.text('survivor IS NOT NULL'))
    _find_survivors()
    op.add_column('ask', sa.Column('aim', sa.String(), nullable=True))
    op.add_column('ask', sa.Column('behind', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
    op.execute('UPDATE ask SET behind = COALESCE((SELECT survivor FROM request WHERE request.number = ask.number), number)')
    _take_deals_out_of_asks()
    op.drop_index('ix_ask_account', 'ask')
    with op.batch_alter_table('ask', recreate=_recreate()) as batch_op:
        batch_op.alter_column('behind', existing_type=sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False)
        batch_op.create_foreign_key(op.f('fk_ask_behind'), 'request', ['behind'], ['number'])
        batch_op.drop_constraint(op.f('ck_ask_amount_has_currency'), type_='check')
        batch_op.drop_column('deal_currency')
        batch_op.drop_column('deal_minor')
        batch_op.drop_column('closes')
    op.create_index('ix_ask_account', 'ask', ['account', 'behind'], unique=False)
    op.create_index('ix_ask_behind', 'ask', ['behind', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_ask_behind', 'ask')
    op.drop_index('ix_ask_account', 'ask')
    for column in (sa.Column('closes', sa.Date()), sa.Column('deal_minor', sa.BigInteger()), sa.Column('deal_currency', sa.String(length=3))):
        op.add_column('ask', column)
    _put_deals_back()
    with op.batch_alter_table('ask', recreate=_recreate()) as batch_op:
        batch_op.create_check_constraint(op.f('ck_ask_amount_has_currency'), '(deal_minor IS NULL) = (deal_currency IS NULL)')
        batch_op.drop_constraint(op.f('fk_ask_behind'), type_='foreignkey')
        batch_op.drop_column('aim')
        batch_op.drop_column('behind')
    op.create_index('ix_ask_account', 'ask', ['account'], unique=False)
    op.drop_index('ix_request_survivor', 'request')
    op.drop_column('request', 'survivor')
    op.drop_table('escalation')
    op.drop_table('deal')
    op.drop_table('score_change')
    op.execute("DELETE FROM mark WHERE name = 'scores kept since'")


def _recreate() -> Literal['always', 'never']:
    return 'always' if op.get_bind().dialect.name == 'sqlite' else 'never'


def _note_since_when_scores_are_kept() -> None:
    """Before this moment nobody wrote down how scores changed."""
    if not op.get_bind().execute(sa.text('SELECT 1 FROM request LIMIT 1')).first():
        return
    now = int(time.time() * 1_000_000)
    mark = sa.table('mark', sa.column('name'), sa.column('value', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')), sa.column('at'))
    op.execute(mark.insert().values(name='scores kept since', value={'at': now}, at=now))


def _find_survivors() -> None:
    """A link may lead to one that was joined to another since."""
    op.execute('UPDATE request SET survivor = same_as WHERE same_as IS NOT NULL')
    further = sa.text(
        'UPDATE request SET survivor = (SELECT next.survivor FROM request AS next WHERE next.number = request.survivor)'
        ' WHERE survivor IN (SELECT number FROM request WHERE survivor IS NOT NULL)'
    )
    for _ in range(100):
        if not op.get_bind().execute(further).rowcount:
            break


def _take_deals_out_of_asks() -> None:
    """A customer's deal of one size, however many requests it was brought with, is one deal."""
    op.execute(
        "INSERT INTO deal (account, minor, currency, closes, state, by, at)"
        " SELECT account, deal_minor, deal_currency, max(closes), 'open', min(by), min(at) FROM ask"
        ' WHERE deal_minor IS NOT NULL OR closes IS NOT NULL GROUP BY account, deal_minor, deal_currency ORDER BY min(at)'
    )


def _put_deals_back() -> None:
    """Each with the first open request of its customer."""
    for old, new in (('closes', 'closes'), ('deal_minor', 'minor'), ('deal_currency', 'currency')):
        op.execute(
            f"UPDATE ask SET {old} = (SELECT max(deal.{new}) FROM deal WHERE deal.account = ask.account AND deal.state = 'open'"
            ' AND deal.id = (SELECT min(first.id) FROM deal AS first WHERE first.account = ask.account AND first.state = \'open\'))'
            ' WHERE id IN (SELECT min(id) FROM ask GROUP BY account)'
        )
