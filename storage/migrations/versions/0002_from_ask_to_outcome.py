"""from ask to outcome"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text  # JSONB is written with it
from sqlalchemy.dialects import postgresql
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mark',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('value', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True, astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_mark'))
    )
    op.create_table('metric',
    sa.Column('metric', sa.String(), nullable=False),
    sa.Column('period', sa.String(), nullable=False),
    sa.Column('value', sa.Float(), nullable=False),
    sa.Column('by', sa.String(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('metric', 'period', name=op.f('pk_metric'))
    )
    op.create_table('question',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('account', sa.String(), nullable=True),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('to', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.Column('answered_by', sa.String(), nullable=True),
    sa.Column('answered_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['account'], ['account.id'], name=op.f('fk_question_account')),
    sa.ForeignKeyConstraint(['number'], ['request.number'], name=op.f('fk_question_number')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_question')),
    sa.UniqueConstraint('key', name=op.f('uq_question_key'))
    )
    op.create_index('ix_question_number', 'question', ['number', 'id'], unique=False)
    op.create_index('ix_question_open', 'question', ['to', 'id'], unique=False, sqlite_where=sa.text('answered_at IS NULL'), postgresql_where=sa.text('answered_at IS NULL'))

    op.create_table('sentence',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('by', sa.String(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('target', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['number'], ['request.number'], name=op.f('fk_sentence_number')),
    sa.PrimaryKeyConstraint('number', 'version', name=op.f('pk_sentence'))
    )
    op.create_table('told',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account'], ['account.id'], name=op.f('fk_told_account')),
    sa.ForeignKeyConstraint(['number'], ['request.number'], name=op.f('fk_told_number')),
    sa.PrimaryKeyConstraint('number', 'account', 'version', name=op.f('pk_told'))
    )
    op.create_table('watcher',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user', sa.String(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['request.number'], name=op.f('fk_watcher_number')),
    sa.PrimaryKeyConstraint('number', 'user', name=op.f('pk_watcher'))
    )
    op.create_index('ix_watcher_user', 'watcher', ['user'], unique=False)

    op.add_column('ask', sa.Column('contact', sa.String(), nullable=True))
    op.add_column('ask', sa.Column('may_talk', sa.Boolean(), nullable=True))

    op.create_index('ix_notice_folded', 'notice', ['line', 'id'], unique=False, sqlite_where=sa.text("state = 'folded'"), postgresql_where=sa.text("state = 'folded'"))

    op.add_column('person', sa.Column('is_admin', sa.Boolean(), server_default=sa.text('false'), nullable=False))

    op.add_column('request', sa.Column('owner', sa.String(), nullable=True))
    op.add_column('request', sa.Column('direction', sa.String(), nullable=True))
    op.add_column('request', sa.Column('tracker', sa.String(), nullable=True))
    op.add_column('request', sa.Column('target', sa.Date(), nullable=True))
    op.add_column('request', sa.Column('reason', sa.Text(), nullable=True))
    op.add_column('request', sa.Column('same_as', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
    op.add_column('request', sa.Column('wanted_by', sa.String(), nullable=True))
    op.add_column('request', sa.Column('answered_at', sa.BigInteger(), nullable=True))
    op.add_column('request', sa.Column('released_at', sa.BigInteger(), nullable=True))
    op.add_column('request', sa.Column('adoption_target', sa.Integer(), nullable=True))
    op.add_column('request', sa.Column('adoption_event', sa.String(), nullable=True))
    op.create_index('ix_request_new', 'request', ['number'], unique=False, sqlite_where=sa.text("answered_at IS NULL AND status = 'backlog'"), postgresql_where=sa.text("answered_at IS NULL AND status = 'backlog'"))
    op.create_index('ix_request_owner', 'request', ['owner', 'number'], unique=False)
    op.create_index('ix_request_released', 'request', ['released_at'], unique=False, sqlite_where=sa.text('released_at IS NOT NULL'), postgresql_where=sa.text('released_at IS NOT NULL'))



def downgrade() -> None:
    op.drop_index('ix_request_released', 'request', sqlite_where=sa.text('released_at IS NOT NULL'), postgresql_where=sa.text('released_at IS NOT NULL'))
    op.drop_index('ix_request_owner', 'request')
    op.drop_index('ix_request_new', 'request', sqlite_where=sa.text("answered_at IS NULL AND status = 'backlog'"), postgresql_where=sa.text("answered_at IS NULL AND status = 'backlog'"))
    op.drop_column('request', 'adoption_event')
    op.drop_column('request', 'adoption_target')
    op.drop_column('request', 'released_at')
    op.drop_column('request', 'answered_at')
    op.drop_column('request', 'wanted_by')
    op.drop_column('request', 'same_as')
    op.drop_column('request', 'reason')
    op.drop_column('request', 'target')
    op.drop_column('request', 'tracker')
    op.drop_column('request', 'direction')
    op.drop_column('request', 'owner')

    op.drop_column('person', 'is_admin')

    op.drop_index('ix_notice_folded', 'notice', sqlite_where=sa.text("state = 'folded'"), postgresql_where=sa.text("state = 'folded'"))

    op.drop_column('ask', 'may_talk')
    op.drop_column('ask', 'contact')

    op.drop_index('ix_watcher_user', 'watcher')

    op.drop_table('watcher')
    op.drop_table('told')
    op.drop_table('sentence')
    op.drop_index('ix_question_open', 'question', sqlite_where=sa.text('answered_at IS NULL'), postgresql_where=sa.text('answered_at IS NULL'))
    op.drop_index('ix_question_number', 'question')

    op.drop_table('question')
    op.drop_table('metric')
    op.drop_table('mark')
