"""the weekly coordination"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text  # JSONB is written with it
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('channel',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('is_shared', sa.Boolean(), nullable=False),
    sa.Column('refreshed_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel'))
    )
    op.create_table('digest',
    sa.Column('subscription', sa.String(), nullable=False),
    sa.Column('period', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=True),
    sa.Column('by', sa.String(), nullable=True),
    sa.Column('sentence', sa.Text(), nullable=True),
    sa.Column('sentence_by', sa.String(), nullable=True),
    sa.Column('top', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('told', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('filed', sa.Integer(), nullable=False),
    sa.Column('shipped', sa.Integer(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('subscription', 'period', name=op.f('pk_digest'))
    )
    op.create_table('review',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('items', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_by', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review')),
    sa.UniqueConstraint('key', name=op.f('uq_review_key'))
    )
    op.create_index('ix_review_open', 'review', ['channel'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))

    op.create_table('subscription',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('direction', sa.String(), nullable=True),
    sa.Column('owner', sa.String(), nullable=True),
    sa.Column('source', sa.String(), nullable=True),
    sa.Column('day', sa.Integer(), nullable=False),
    sa.Column('minute', sa.Integer(), nullable=False),
    sa.Column('zone', sa.String(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_by', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscription')),
    sa.UniqueConstraint('key', name=op.f('uq_subscription_key'))
    )
    op.create_table('blocker',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('nudges', sa.Integer(), nullable=False),
    sa.Column('nudged_at', sa.BigInteger(), nullable=True),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('answered_at', sa.BigInteger(), nullable=True),
    sa.Column('resolved_at', sa.BigInteger(), nullable=True),
    sa.Column('resolved_by', sa.String(), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['number'], ['request.number'], name=op.f('fk_blocker_number')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_blocker')),
    sa.UniqueConstraint('key', name=op.f('uq_blocker_key'))
    )
    op.create_index('ix_blocker_number', 'blocker', ['number', 'id'], unique=False)
    op.create_index('ix_blocker_open', 'blocker', ['id'], unique=False, sqlite_where=sa.text('resolved_at IS NULL'), postgresql_where=sa.text('resolved_at IS NULL'))

    op.create_index('ix_change_moves', 'change', ['at'], unique=False, sqlite_where=sa.text("field IN ('status', 'target', 'adoption') AND via <> 'import'"), postgresql_where=sa.text("field IN ('status', 'target', 'adoption') AND via <> 'import'"))

    op.create_index('ix_request_work', 'request', ['number'], unique=False, sqlite_where=sa.text("status IN ('planned', 'in_progress', 'testing')"), postgresql_where=sa.text("status IN ('planned', 'in_progress', 'testing')"))
    op.create_index('ix_request_wanted', 'request', ['number'], unique=False, sqlite_where=sa.text('wanted_by IS NOT NULL'), postgresql_where=sa.text('wanted_by IS NOT NULL'))



def downgrade() -> None:
    op.drop_index('ix_request_wanted', 'request')
    op.drop_index('ix_request_work', 'request')

    op.drop_index('ix_change_moves', 'change')

    op.drop_index('ix_blocker_open', 'blocker')
    op.drop_index('ix_blocker_number', 'blocker')

    op.drop_table('blocker')
    op.drop_table('subscription')
    op.drop_index('ix_review_open', 'review')

    op.drop_table('review')
    op.drop_table('digest')
    op.drop_table('channel')
